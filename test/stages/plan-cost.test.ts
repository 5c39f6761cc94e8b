import { expect, test } from "vitest";
import { resolveSelection } from "../../src/config.ts";
import { newSelector } from "../../src/selectors/index.ts";
import { planCost } from "../../src/stages/plan-cost.ts";
import type { Pilot, PilotRollout } from "../../src/stages/run-pilot.ts";

const RATES = { tokensPerSecond: 100, gpus: 2, trainRollouts: 8, promptPrice: 1, responsePrice: 10, gpuHourPrice: 0 };

/** M = 5 rollouts, the first `correct` of them right. */
function rollouts(correct: number, promptTokens: number, responseTokens: number): PilotRollout[] {
  return Array.from({ length: 5 }, (_, at) => ({
    verdict: at < correct ? "correct" : "wrong",
    promptTokens,
    responseTokens,
    truncated: false,
  }));
}

/** One sample that the text arm decides at once (c₁ = 4, c₀ = 0), and one it is not run for (c₁ = 2). */
const PILOT: Pilot = {
  samples: [
    { sampleId: "a", arms: { image: rollouts(4, 100, 30), text: rollouts(0, 20, 10) } },
    { sampleId: "b", arms: { image: rollouts(2, 100, 30), text: rollouts(5, 20, 10) } },
  ],
  population: 1000,
  refused: [],
  seconds: 1,
  tokens: 1,
};

test("the full protocol costs both arms of every sample", () => {
  const { full } = planCost(PILOT, newSelector(resolveSelection({}, 0)), RATES, 0);
  expect(full.requests.mean).toBe(2000);
  expect(full.rollouts.mean).toBe(10_000);
  expect(full.promptTokens.mean).toBe(120_000);
  expect(full.responseTokens.mean).toBe(200_000);
  // 200,000 tokens at 100 a second are 2,000 s on 2 GPUs.
  expect(full.gpuHours.mean).toBeCloseTo(4000 / 3600, 10);
  // 0.12 million prompt tokens at 1 and 0.2 million response tokens at 10.
  expect(full.money?.mean).toBeCloseTo(2.12, 10);
});

test("the lazy protocol leaves out the text arm that can decide nothing", () => {
  const { lazy, full, selected, breakEvenEpochs } = planCost(PILOT, newSelector(resolveSelection({}, 0)), RATES, 0);
  // b fails with c₁ = 2 whatever the text arm says; a needs c₀ ≤ 1, known after 4 wrong ones.
  expect(lazy.rollouts.mean).toBe(7000);
  expect(lazy.rollouts.mean).toBeLessThan(full.rollouts.mean);
  expect(selected.mean).toBe(0.5);
  // a takes 5 · 30 + 4 · 10 response tokens, b 5 · 30: 170 on average; an epoch saves 8 · 30 · (1 − ½) = 120.
  expect(breakEvenEpochs.mean).toBeCloseTo(170 / 120, 10);
});

test("intervals hold the mean, and shrink to it where every sample is alike", () => {
  const { lazy, full } = planCost(PILOT, newSelector(resolveSelection({}, 0)), RATES, 0);
  expect(lazy.rollouts.low).toBeLessThan(lazy.rollouts.mean);
  expect(lazy.rollouts.high).toBeGreaterThan(lazy.rollouts.mean);
  expect([full.rollouts.low, full.rollouts.high]).toEqual([10_000, 10_000]);
});
