import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { AttentionRequest } from "../../src/attention/attention-source.ts";
import { hasAttention, openOnnxAttention } from "../../src/attention/onnx.ts";
import { openOnnxBackend, openScriptedBackend } from "../../src/backends/index.ts";
import { PSI_PRESETS } from "../../src/config.ts";
import { newColumnScorer } from "../../src/estimators/index.ts";
import type { Arm, Attention, Rollout } from "../../src/records.ts";
import { promptOf, readFigures } from "../backends/onnx/figures.ts";
import { measureAll, scoringBy, stream, testAttentionRows } from "./contract.ts";

interface Golden {
  readonly id: string;
  readonly arm: Arm;
  readonly input_ids: number[];
  readonly response_ids: number[];
  /** Of the image arm's records. */
  readonly log_psi?: number[];
}
const golden = JSON.parse(readFileSync("test/fixtures/nano-golden.json", "utf8")).records as Golden[];

async function goldenRequests(): Promise<AttentionRequest[]> {
  const figures = new Map((await readFigures(2000)).map((figure) => [figure.id, figure]));
  return golden.map((record) => ({
    prompt: promptOf(figures.get(record.id) as never, record.arm),
    rollout: toRollout(record),
  }));
}

function toRollout({ id, arm, input_ids, response_ids }: Golden): Rollout {
  return {
    sampleId: id,
    arm,
    index: arm === "image" ? 0 : 1,
    text: "",
    tokenIds: response_ids,
    promptTokens: input_ids.length,
    imageTokens: 16,
    responseTokens: response_ids.length,
    finish: "stop",
  };
}

testAttentionRows("the ONNX attention source", async () => {
  const source = await openOnnxAttention("models/nano");
  return { source, requests: await goldenRequests(), [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
});

test("log ψ is that of PyTorch's attention to 1e-4", async () => {
  await using source = await openOnnxAttention("models/nano");
  const found = new Map<string, Attention>();
  const newScorer = () => newColumnScorer({ paper: PSI_PRESETS.paper });
  for await (const one of source.measure(stream(await goldenRequests()), scoringBy(newScorer))) {
    if ("type" in one) throw new Error(one.reason);
    found.set(`${one.sampleId}/${one.index}`, one);
  }
  expect(found.size).toBe(golden.length);
  for (const record of golden) {
    if (record.log_psi === undefined) continue;
    const { index } = toRollout(record);
    const psi = found.get(`${record.id}/${index}`)?.psi.paper;
    const best = Math.max(...record.log_psi);
    expect(psi?.logPsi).toBeCloseTo(best, 4);
    expect(psi?.column).toBe(record.log_psi.indexOf(best));
  }
});

test("the backend's model is shared, and stays open when the attention source is closed", async () => {
  await using backend = await openOnnxBackend({ model: "models/nano" });
  expect(hasAttention(backend)).toBe(true);
  const requests = (await goldenRequests()).slice(0, 2);
  for (let round = 0; round < 2; round++) {
    await using source = await openOnnxAttention(backend);
    expect((await measureAll(source, requests)).found.size).toBe(2);
  }
});

test("responses without token ids are tokenised again, with the end token when they ended", async () => {
  await using source = await openOnnxAttention("models/nano");
  const [request] = await goldenRequests();
  const { tokenIds: _, ...rollout } = (request as AttentionRequest).rollout;
  const said = { ...rollout, text: "<think>red</think> \\boxed{red}" };
  const { scorers } = await measureAll(source, [{ prompt: (request as AttentionRequest).prompt, rollout: said }]);
  // <think> red </think> " \boxed{" red } and the end token.
  expect(scorers[0]?.rows).toBeGreaterThanOrEqual(7);
});

test("responses longer than a block of rows are measured whole", async () => {
  await using source = await openOnnxAttention("models/nano");
  const [request] = await goldenRequests();
  const tokenIds = Array.from({ length: 150 }, (_, at) => 20 + (at % 200));
  const rollout = { ...(request as AttentionRequest).rollout, tokenIds, responseTokens: 150 };
  const { found, scorers } = await measureAll(source, [{ prompt: (request as AttentionRequest).prompt, rollout }]);
  expect(scorers[0]?.rows).toBe(150);
  expect(found.get(`${rollout.sampleId}/0`)?.imageMass).toBeGreaterThan(0);
});

test("a model without an attention output is told apart before anything runs", async () => {
  const owner = { embeddedModel: { engine: { hasAttention: false }, directory: { path: "models/blind" } } };
  expect(hasAttention(owner)).toBe(false);
  await expect(openOnnxAttention(owner)).rejects.toThrow("models/blind: its decoder has no `attentions` output");
});

test("a backend without an embedded model has no attention to lend", async () => {
  await using backend = openScriptedBackend({ respond: () => "yes" });
  expect(hasAttention(backend)).toBe(false);
  await expect(openOnnxAttention(backend)).rejects.toMatchObject({ code: "model" });
});
