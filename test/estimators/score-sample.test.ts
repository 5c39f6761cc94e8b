import { expect, test } from "vitest";
import { resolveSelection } from "../../src/config.ts";
import { newSampleScorer, requiredGain } from "../../src/estimators/index.ts";

const paper = resolveSelection({}, 0);
const robust = resolveSelection({ preset: "robust" }, 0);
const arm = (taken: number, correct: number) => ({ taken, correct, truncated: 0 });

test("a complete sample gets every estimate with its uncertainty", () => {
  const logPsi = [0.02, 0.04, 0.03].map(Math.log);
  const score = newSampleScorer(paper)({ sampleId: "x", m: 5, image: arm(5, 5), text: arm(5, 1), logPsi }, true);
  expect(score).toMatchObject({ correctImage: 5, imageTaken: 5, correctText: 1, textTaken: 5, d: 0.8, dMin: 0.8 });
  expect(score.difficulty).toBe(0);
  expect(score.psi).toBeCloseTo(0.03, 12);
  expect(score.gainProbability).toBeCloseTo(0.897606, 6);
  expect(score.gainLow).toBeLessThan(0.57);
  expect(score.gainHigh).toBeGreaterThan(0.57);
  expect(score).not.toHaveProperty("dChance");
});

test("what was not taken is absent, and D keeps its bounds", () => {
  const scoreSample = newSampleScorer(paper);
  expect(scoreSample({ sampleId: "x", m: 5, image: arm(5, 2), text: arm(0, 0), options: 4 }, true)).toEqual({
    sampleId: "x",
    m: 5,
    correctImage: 2,
    imageTaken: 5,
    textTaken: 0,
    d: 0.4,
    dMin: -0.6,
    dChance: 0.4 / 0.75,
    difficulty: 0.6,
  });
  expect(scoreSample({ sampleId: "x", m: 5, image: arm(3, 2), text: arm(0, 0), logPsi: [-1] }, false)).toEqual({
    sampleId: "x",
    m: 5,
    correctImage: 2,
    imageTaken: 3,
    textTaken: 0,
  });
});

test("the gain that matters shrinks with the odds of guessing in preset robust alone", () => {
  expect(requiredGain(robust, 4)).toBeCloseTo(0.225, 12);
  expect(requiredGain(robust, undefined)).toBe(0.3);
  expect(requiredGain(paper, 4)).toBe(0.3);
});
