import { expect, test } from "vitest";
import type { DecisionCell } from "../../src/report/count-decisions.ts";
import { estimateWastedGroups } from "../../src/report/wasted-groups.ts";

function cell(m: number, correctImage: number, samples: number, selected = false): DecisionCell {
  const reason = selected ? "kept" : "language-prior-biased";
  return { m, correctImage, correctText: 0, textTaken: m, complete: true, reason, selected, samples };
}

test("samples that are always or never right waste every group", () => {
  for (const { before, after } of estimateWastedGroups([cell(5, 5, 30, true), cell(5, 0, 70)])) {
    expect(before).toBeCloseTo(1, 2);
    expect(after).toBeCloseTo(1, 2);
  }
});

test("samples that are right half the time waste 2 · 0.5ⁿ: an eighth of the groups of 4", () => {
  const binomial = [1, 4, 6, 4, 1].map((samples, c) => cell(4, c, samples, c === 2));
  const [four, eight] = estimateWastedGroups(binomial);
  expect(four?.size).toBe(4);
  // Expectation maximisation nears the single rate of 0.5 slowly: a hundredth is close enough.
  expect(Math.abs((four?.before as number) - 2 / 16)).toBeLessThan(0.01);
  expect(Math.abs((four?.after as number) - 2 / 16)).toBeLessThan(0.01);
  expect(Math.abs((eight?.before as number) - 2 / 256)).toBeLessThan(0.01);
});

test("with M = 1 and half of them right every rate fits alike: p ~ 2p after one right answer, so E[p⁴ + (1 − p)⁴] = 2/5", () => {
  // ∫ 2p (p⁴ + (1 − p)⁴) dp = 2/6 + 2 · B(2, 5) = 1/3 + 1/15; the grid's step adds a little.
  const [four] = estimateWastedGroups([cell(1, 1, 50, true), cell(1, 0, 50)]);
  expect(four?.after).toBeCloseTo(2 / 5, 1);
  expect(four?.before).toBeCloseTo(2 / 5, 1);
});

test("a group as large as M wastes before the selection what was seen to be all right or all wrong", () => {
  const seen = [400, 60, 40, 60, 90, 350].map((samples, c) => cell(4, Math.min(c, 4), samples));
  const [four] = estimateWastedGroups(seen);
  expect(four?.before).toBeCloseTo((400 + 350 + 90) / 1000, 1);
});

test("nothing selected has no share after, and no complete image arm none at all", () => {
  expect(estimateWastedGroups([cell(5, 3, 1)])[0]?.after).toBeNull();
  expect(estimateWastedGroups([{ ...cell(5, 3, 1), complete: false }])).toEqual([]);
});
