import { expect, test } from "vitest";
import type { AttentionRequest } from "../../src/attention/attention-source.ts";
import { openScriptedAttention } from "../../src/attention/index.ts";
import { measureAll, testAttentionRows } from "./contract.ts";

/** Two prompt tokens, the first an image's, and two response tokens; two heads. */
const HEADS = [
  [
    [0.5, 0.25, 0.25],
    [0.5, 0, 0.5, 0],
  ],
  [
    [0.1, 0.45, 0.45],
    [0.1, 0.4, 0.25, 0.25],
  ],
];

function requests(count: number): AttentionRequest[] {
  return Array.from({ length: count }, (_, at) => ({
    prompt: { sampleId: `sample-${at}`, arm: "image", parts: [] },
    rollout: {
      sampleId: `sample-${at}`,
      arm: "image",
      index: 0,
      text: "a b",
      promptTokens: 2,
      imageTokens: 1,
      responseTokens: 2,
      finish: "stop",
    },
  }));
}

const open = () =>
  openScriptedAttention(() => ({ responseStart: 2, imageKeys: [0], heads: HEADS, tokens: ["a", "b"] }));

testAttentionRows("the scripted attention source", async () => {
  const source = open();
  return { source, requests: requests(6), [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() };
});

test("image mass, entropy and top mass are means of the head-mean rows", async () => {
  // Head means: (0.3, 0.35, 0.35) and (0.3, 0.2, 0.375, 0.125).
  const { found } = await measureAll(open(), requests(1));
  const one = found.get("sample-0/0");
  const entropy = (row: number[]): number => -row.reduce((sum, share) => sum + share * Math.log(share), 0);
  expect(one?.imageMass).toBeCloseTo(0.3, 6);
  expect(one?.topMass).toBeCloseTo(1, 6);
  expect(one?.entropy).toBeCloseTo((entropy([0.3, 0.35, 0.35]) + entropy([0.3, 0.2, 0.375, 0.125])) / 2, 6);
  expect(one?.token).toBe("a");
});

test("top mass adds up the five strongest keys of a row", async () => {
  const row = [0.02, 0.3, 0.08, 0.1, 0.2, 0.05, 0.25];
  const source = openScriptedAttention(() => ({ responseStart: 6, heads: [[row]] }));
  const { found } = await measureAll(source, requests(1));
  expect(found.get("sample-0/0")?.topMass).toBeCloseTo(0.93, 6);
});
