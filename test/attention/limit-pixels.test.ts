import sharp from "sharp";
import { expect, test } from "vitest";
import type { AttentionRequest, AttentionSource } from "../../src/attention/attention-source.ts";
import { limitPixels } from "../../src/attention/limit-pixels.ts";
import type { Prompt } from "../../src/records.ts";
import { CheckingScorer, scoringBy, stream } from "./contract.ts";

test("attention is read over images as small as the servers were sent, each prompt made once", async () => {
  const bytes = await sharp({ create: { width: 20, height: 10, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  const seen: Prompt[] = [];
  const source: AttentionSource = {
    name: "watching",
    async *measure(requests) {
      for await (const { prompt, rollout } of requests) {
        seen.push(prompt);
        yield { type: "refused", sampleId: rollout.sampleId, reason: "seen" };
      }
    },
    async [Symbol.asyncDispose]() {},
  };
  const prompt: Prompt = { sampleId: "a", arm: "image", parts: [{ type: "image", bytes }] };
  const requests = [0, 1].map(
    (index): AttentionRequest => ({ prompt, rollout: { sampleId: "a", arm: "image", index, text: "5" } }),
  );
  await using limited = limitPixels(source, 50);
  const results = limited.measure(
    stream(requests),
    scoringBy(() => new CheckingScorer()),
  );
  for await (const result of results) expect(result).toMatchObject({ reason: "seen" });
  const [first, second] = seen;
  expect(second).toBe(first);
  const image = first?.parts[0] as { readonly bytes: Uint8Array };
  expect(await sharp(image.bytes).metadata()).toMatchObject({ width: 10, height: 5 });
});
