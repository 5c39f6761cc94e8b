import { join } from "node:path";
import { expect, test } from "vitest";
import { openOnnxBackend } from "../../src/backends/index.ts";
import { packageRoot } from "../../src/lib/package-root.ts";
import type { Prompt } from "../../src/records.ts";

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
