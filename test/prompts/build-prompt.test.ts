import { expect, test } from "vitest";
import { buildImagePrompt, buildTextPrompt } from "../../src/prompts/build-prompt.ts";
import type { PromptPart, Sample } from "../../src/records.ts";

const PIXEL = new Uint8Array([1, 2, 3]);

function sample(question: string, images = 1): Sample {
  const image = { bytes: PIXEL, width: 1, height: 1, mediaType: "image/png" };
  const source = { file: "f", row: 0 };
  return { id: "a", source, question, images: Array(images).fill(image), groundTruth: "1" };
}

function show(parts: readonly PromptPart[]): string {
  return parts.map((part) => (part.type === "image" ? "[I]" : part.text)).join("");
}

test("the image stands where the dataset puts it, and the format prompt comes last", () => {
  const { parts } = buildImagePrompt(sample("Look: <image>\nHow many?"), "Answer in a box.");
  expect(show(parts)).toBe("Look: [I]\nHow many? Answer in a box.");
});

test("the text arm is the same text without image and placeholder, leaving no gap", () => {
  const arms = (question: string, images = 1): string =>
    show(buildTextPrompt(sample(question, images), "Answer in a box.").parts);
  expect(arms("<image>\nHow many?")).toBe("How many? Answer in a box.");
  expect(arms("How many?\n<image>")).toBe("How many? Answer in a box.");
  expect(arms("<image>How many?")).toBe("How many? Answer in a box.");
  expect(arms("Compare <image> and <image> now.", 2)).toBe("Compare and now. Answer in a box.");
});

test("the words of both arms are the same once images are taken out", () => {
  for (const question of ["<image>\nHow many?", "In <image> how many?", "How many?<image>"]) {
    const words = (parts: readonly PromptPart[]): string[] =>
      show(parts).replaceAll("[I]", " ").split(/\s+/).filter(Boolean);
    const one = sample(question);
    expect(words(buildTextPrompt(one, "F").parts)).toEqual(words(buildImagePrompt(one, "F").parts));
  }
});

test("a stand-in image takes the place of the image itself", () => {
  const { parts } = buildTextPrompt(sample("A <image> B"), "", [new Uint8Array([9])]);
  expect(parts).toEqual([
    { type: "text", text: "A " },
    { type: "image", bytes: new Uint8Array([9]) },
    { type: "text", text: " B" },
  ]);
});

test("without a format prompt nothing is added, not even a space", () => {
  expect(show(buildImagePrompt(sample("<image>Q?"), "").parts)).toBe("[I]Q?");
  expect(show(buildImagePrompt(sample("Q?<image>"), "").parts)).toBe("Q?[I]");
});
