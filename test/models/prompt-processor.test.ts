import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openOnnxBackend } from "../../src/backends/index.ts";
import { packageRoot } from "../../src/lib/package-root.ts";
import { readModelDirectory } from "../../src/models/model-directory.ts";
import { PromptProcessor } from "../../src/models/prompt-processor.ts";
import type { Prompt } from "../../src/records.ts";
import { readFigures } from "../backends/onnx/figures.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const SAMPLING = { temperature: 0, topP: 1, topK: 0, maxTokens: 2, seed: 0 };

/** What the nano model makes of a text-only prompt: `rollout`, or the reason it is refused. */
async function ask(texts: readonly string[]): Promise<string[]> {
  await using backend = await openOnnxBackend({ model: join(packageRoot(), "models/nano"), workers: 0 });
  async function* requests() {
    for (const [index, text] of texts.entries()) {
      const prompt: Prompt = { sampleId: String(index), arm: "text", parts: [{ type: "text", text }] };
      yield { prompt, indices: [0] };
    }
  }
  const answers: string[] = [];
  for await (const result of backend.generate(requests(), SAMPLING)) {
    const id = result.type === "rollout" ? result.rollout.sampleId : result.sampleId;
    answers[Number(id)] = result.type === "rollout" ? "rollout" : result.reason;
  }
  return answers;
}

test("dataset text that spells a control token is refused, so that it cannot end or forge a turn", async () => {
  const tokens = ["<bos>", "<eos>", "<pad>", "<image>", "<user>", "<assistant>"];
  const answers = await ask(tokens.map((token) => `What is ${token} 2?`));
  expect(answers).toEqual(tokens.map((token) => `The text spells the model's control token "${token}".`));
});

test("markup, thinking tags and boxes in dataset text are text", async () => {
  const texts = [
    "<b>2</b> plus <script>1</script>?",
    "<think>2</think>?",
    "Put it in \\boxed{}.",
    "<e o s> </s> <|im_end|>",
  ];
  expect(await ask(texts)).toEqual(texts.map(() => "rollout"));
});

test("a chat template that refuses the messages, and a missing one, refuse the conversation with a sentence", async () => {
  const processorOf = async (template: string | undefined): Promise<PromptProcessor> => {
    const folder = join(await temporaryFolder(), "copy");
    await cp("models/nano", folder, { recursive: true });
    await rm(join(folder, "chat_template.jinja"));
    const file = join(folder, "tokenizer_config.json");
    const { chat_template: _, ...config } = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify({ ...config, ...(template && { chat_template: template }) }));
    return await PromptProcessor.open(await readModelDirectory(folder));
  };
  const parts = [{ type: "text", text: "What?" }] as const;
  const before = [{ role: "system", parts: [{ type: "text", text: "Be brief." }] }] as const;
  const picky = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}<bos>a";
  const refusing = await processorOf(picky);
  await expect(refusing.process(parts, before)).rejects.toThrow(/chat template refuses the messages: .*no system role/);
  expect((await refusing.process(parts)).ids.length).toBeGreaterThan(0);
  const bare = await processorOf(undefined);
  await expect(bare.process(parts, before)).rejects.toThrow("no chat template, so it takes one user message");
  expect((await bare.process(parts)).ids.length).toBeGreaterThan(0);
});

test.each([
  ["full", 0, 16],
  ["default", 1, 16], // A class token that LLaVA leaves out again.
  ["full", 1, 17],
  ["default", 0, 16], // Older files do not count it in the first place.
])("an image of 4 × 4 patches, strategy %s with %i more tokens, takes %i places", async (strategy, more, places) => {
  const folder = join(await temporaryFolder(), "copy");
  await cp("models/nano", folder, { recursive: true });
  const file = join(folder, "processor_config.json");
  const config = JSON.parse(await readFile(file, "utf8"));
  const changed = { ...config, vision_feature_select_strategy: strategy, num_additional_image_tokens: more };
  await writeFile(file, JSON.stringify(changed));
  const processor = await PromptProcessor.open(await readModelDirectory(folder));
  const bytes = (await readFigures(1))[0]?.image as Uint8Array;
  const { imageTokens } = await processor.process([{ type: "image", bytes }]);
  expect(imageTokens).toBe(places);
});
