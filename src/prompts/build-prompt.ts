import type { Prompt, PromptPart, Sample } from "../records.ts";
import { followQuestion } from "./format-prompt.ts";

const PLACEHOLDER = "<image>";

/** The image arm: the question with its images where the dataset puts them, then the format prompt. */
export function buildImagePrompt(sample: Sample, formatPrompt: string): Prompt {
  const images = sample.images.map(({ bytes, path }): PromptPart => ({ type: "image", bytes, ...(path && { path }) }));
  return { sampleId: sample.id, arm: "image", parts: weave(sample.question, images, formatPrompt) };
}

/**
 * The text arm: the same question and format prompt. Nothing but the image differs: it is
 * gone with its placeholder, or, given `standIns`, replaced by them (method.md, counterfactual).
 */
export function buildTextPrompt(sample: Sample, formatPrompt: string, standIns?: readonly Uint8Array[]): Prompt {
  const images = standIns?.map((bytes): PromptPart => ({ type: "image", bytes }));
  return { sampleId: sample.id, arm: "text", parts: weave(sample.question, images ?? [], formatPrompt) };
}

/** Puts images in place of the placeholders; a placeholder without an image leaves no gap behind. */
function weave(question: string, images: readonly PromptPart[], formatPrompt: string): PromptPart[] {
  const pieces = question.split(PLACEHOLDER);
  const parts: PromptPart[] = [];
  let text = pieces[0] as string;
  for (const [index, piece] of pieces.slice(1).entries()) {
    const image = images[index];
    if (image === undefined) {
      text = joinText(text, piece);
      continue;
    }
    if (text !== "") parts.push({ type: "text", text });
    parts.push(image);
    text = piece;
  }
  const ending = followQuestion(text, formatPrompt);
  if (ending !== "") parts.push({ type: "text", text: ending });
  return parts;
}

/** Joins what stood on both sides of a removed placeholder, keeping one of the two gaps. */
function joinText(before: string, after: string): string {
  if (before === "" || /\s$/.test(before)) return before + after.trimStart();
  return before + after;
}
