import { readFileSync } from "node:fs";
import sharp from "sharp";
import { expect, test, vi } from "vitest";
import type { RolloutRequest } from "../../../src/backends/backend.ts";
import { openOnnxBackend } from "../../../src/backends/index.ts";
import type { GenerateGroup } from "../../../src/models/generate-group.ts";
import { ModelSessions } from "../../../src/models/model-sessions.ts";
import { prefill } from "../../../src/models/prefill.ts";
import { batchPrompts } from "../../../src/models/prompt-batch.ts";
import type { Arm } from "../../../src/records.ts";
import { byName, collect, newRequest, SAMPLING, stream, testBackend } from "../contract.ts";
import { promptOf, readFigures } from "./figures.ts";

const MODEL = "models/nano";
const open = () => openOnnxBackend({ model: MODEL });

interface Golden {
  readonly id: string;
  readonly arm: Arm;
  readonly input_ids: number[];
  readonly response_ids: number[];
  readonly response_text: string;
  readonly top_logits: [number, number][];
}
const golden = JSON.parse(readFileSync("test/fixtures/nano-golden.json", "utf8")).records as Golden[];

testBackend("the ONNX backend", open, async () => (await readFigures(1))[0]?.image as Uint8Array);

async function goldenRequests(): Promise<RolloutRequest[]> {
  const figures = new Map((await readFigures(2000)).map((figure) => [figure.id, figure]));
  return golden.map(({ id, arm }) => ({ prompt: promptOf(figures.get(id) as never, arm), indices: [0] }));
}

test("prompts become the same tokens as with Hugging Face's processor", async () => {
  await using backend = await open();
  for (const [at, request] of (await goldenRequests()).entries()) {
    const prompt = await backend.embeddedModel.processor.process(request.prompt.parts);
    expect([...prompt.ids]).toEqual(golden[at]?.input_ids);
  }
});

test("the first logits are PyTorch's to 1e-4", async () => {
  await using backend = await open();
  const { directory, processor } = backend.embeddedModel;
  await using sessions = await ModelSessions.open(directory, 1);
  for (const [at, request] of (await goldenRequests()).entries()) {
    const prompt = await processor.process(request.prompt.parts);
    const output = await prefill(sessions, batchPrompts([prompt], directory.imageTokenId));
    for (const [id, logit] of (golden[at] as Golden).top_logits) expect(output.lastLogits(0)[id]).toBeCloseTo(logit, 4);
  }
});

test("greedy responses are PyTorch's, token by token", async () => {
  await using backend = await open();
  const maxTokens = Math.max(...golden.map((record) => record.response_ids.length));
  const greedy = { ...SAMPLING, temperature: 0, maxTokens };
  const results = byName(await collect(backend.generate(stream(await goldenRequests()), greedy)));
  for (const { id, arm, response_ids, response_text } of golden) {
    expect(results.get(`${id}/${arm}/0`)).toMatchObject({ tokenIds: response_ids, text: response_text });
  }
});

test("batch size, order and company change no token of 600 rollouts", async () => {
  const figures = await readFigures(60);
  const arms: Arm[] = ["image", "text"];
  const requests = figures.flatMap((figure) =>
    arms.map((arm) => ({ prompt: promptOf(figure, arm), indices: [0, 1, 2, 3, 4] })),
  );
  const sampling = { ...SAMPLING, maxTokens: 24, topP: 0.98 };
  await using backend = await open();
  const whole = byName(await collect(backend.generate(stream(requests), sampling)));
  expect(whole.size).toBe(600);

  await using narrow = await openOnnxBackend({ model: MODEL, batchRows: 7 });
  const reversed = requests.toReversed().map((request) => ({ ...request, indices: [4, 1, 0, 3, 2] }));
  expect(byName(await collect(narrow.generate(stream(reversed), sampling)))).toEqual(whole);

  const split = requests.slice(0, 24).flatMap((request) => [
    { ...request, indices: [3] },
    { ...request, indices: [0, 4] },
  ]);
  for (const [key, rollout] of byName(await collect(backend.generate(stream(split), sampling)))) {
    expect(rollout).toEqual(whole.get(key));
  }
});

test("another seed gives other rollouts", async () => {
  await using backend = await open();
  const request = newRequest("a", "What color is the circle?", [0, 1, 2, 3]);
  const textsOf = async (seed: number) =>
    [...byName(await collect(backend.generate(stream([request]), { ...SAMPLING, seed }))).values()].map(
      (one) => one.text,
    );
  expect(await textsOf(1)).not.toEqual(await textsOf(2));
});

test("every prompt is prefilled once for all its rollouts, every distinct image of a group encoded once", async () => {
  await using backend = await open();
  const generate = vi.spyOn(backend.embeddedModel.engine, "generate");
  const figures = await readFigures(3);
  const image = (figures[0] as { image: Uint8Array }).image;
  const requests = figures.map(({ id }) => newRequest(id, "What color is the circle?", [0, 1, 2, 3, 4], image));
  await collect(backend.generate(stream(requests), SAMPLING));
  const groups = generate.mock.calls.map(([group]) => group as GenerateGroup);
  expect(groups.map((group) => group.batch.prompts.length)).toEqual([3]);
  expect(groups.map((group) => group.batch.images.length)).toEqual([1]);
  expect(groups.map((group) => group.rows.length)).toEqual([15]);
});

test("an image that cannot be decoded refuses its sample, and the others go on", async () => {
  await using backend = await open();
  const requests = [
    newRequest("torn", "What color is the circle?", [0], new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 0])),
    newRequest("fine", "What color is the circle?", [0]),
  ];
  const results = await collect(backend.generate(stream(requests), SAMPLING));
  expect(results).toContainEqual({
    type: "refused",
    sampleId: "torn",
    reason: expect.stringMatching(/^Image 1 cannot be decoded/),
  });
  expect(byName(results).has("fine/text/0")).toBe(true);
});

test("large, grey, palette and transparent images are all seen", async () => {
  await using backend = await open();
  const canvas = (channels: 3 | 4, background: object) =>
    sharp({ create: { width: 300, height: 200, channels, background: background as never } });
  const images = [
    await canvas(3, { r: 10, g: 200, b: 30 }).jpeg().toBuffer(),
    await canvas(3, { r: 10, g: 10, b: 10 }).greyscale().png().toBuffer(),
    await canvas(3, { r: 200, g: 1, b: 30 }).png({ palette: true }).toBuffer(),
    await canvas(4, { r: 200, g: 1, b: 30, alpha: 0.5 }).webp().toBuffer(),
  ];
  const requests = images.map((image, at) => newRequest(`picture-${at}`, "What color is the circle?", [0], image));
  const results = byName(await collect(backend.generate(stream(requests), SAMPLING)));
  expect([...results.values()].map((rollout) => rollout.imageTokens)).toEqual([16, 16, 16, 16]);
});

test("two images in one prompt give twice the image tokens", async () => {
  await using backend = await open();
  const [first, second] = await readFigures(2);
  const parts = [
    { type: "image" as const, bytes: first?.image as Uint8Array },
    { type: "text" as const, text: "What color is the circle?" },
    { type: "image" as const, bytes: second?.image as Uint8Array },
  ];
  const request: RolloutRequest = { prompt: { sampleId: "pair", arm: "image", parts }, indices: [0] };
  const results = byName(await collect(backend.generate(stream([request]), SAMPLING)));
  expect(results.get("pair/image/0")?.imageTokens).toBe(32);
});

test("a question that spells the image token is refused, not misread", async () => {
  await using backend = await open();
  const image = (await readFigures(1))[0]?.image as Uint8Array;
  const results = await collect(
    backend.generate(
      stream([newRequest("odd", "What does <image> mean?", [0], image), newRequest("odd2", "Is <image> a tag?", [0])]),
      SAMPLING,
    ),
  );
  expect(results.map((result) => result.type)).toEqual(["refused", "refused"]);
});

test("requests that wait for earlier answers do not wait for ever", async () => {
  await using backend = await open();
  let answered: () => void = () => {};
  async function* inTurn(): AsyncGenerator<RolloutRequest> {
    for (let at = 0; at < 3; at++) {
      const answer = new Promise<void>((resolve) => {
        answered = resolve;
      });
      yield newRequest(`sample-${at}`, "What color is the circle?", [0]);
      await answer;
    }
  }
  let count = 0;
  for await (const _ of backend.generate(inTurn(), SAMPLING)) {
    count++;
    answered();
  }
  expect(count).toBe(3);
});
