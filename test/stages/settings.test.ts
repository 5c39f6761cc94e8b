import { expect, test } from "vitest";
import { type ConfigInput, parseConfig } from "../../src/config.ts";
import { nameSettings } from "../../src/stages/settings.ts";

const RESOLVED = { model: "m", formatPrompt: "", maxTokens: 10 };

function name(input: Partial<ConfigInput>): ReturnType<typeof nameSettings> {
  return nameSettings(parseConfig({ dataset: "d", ...input }, "test"), RESOLVED, "f");
}

const baseUrls = ["http://a/v1"];

test("rollouts under another limit of pixels have another name, but for a text arm without images", () => {
  const free = name({ openai: { baseUrls } });
  const limited = name({ openai: { baseUrls, maxPixels: 1000 } });
  expect(limited.image).not.toBe(free.image);
  expect(limited.image).not.toBe(name({ openai: { baseUrls, maxPixels: 1001 } }).image);
  expect(limited.text).toBe(free.text);
});

test("stand-ins in the text arm are under the limit too", () => {
  const prompt = { counterfactual: "blank" } as const;
  const free = name({ prompt, openai: { baseUrls } });
  expect(name({ prompt, openai: { baseUrls, maxPixels: 1000 } }).text).not.toBe(free.text);
});

test("the embedded model's rollouts do not depend on a limit it does not have", () => {
  expect(name({ openai: { maxPixels: 1000 } })).toEqual(name({}));
});
