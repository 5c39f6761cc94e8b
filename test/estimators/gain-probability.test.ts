import fc from "fast-check";
import { expect, test } from "vitest";
import { newGainInterval, newGainProbability, predictiveCounts } from "../../src/estimators/index.ts";
import { binomialProbability } from "../../src/lib/binomial-probability.ts";
import { workedTable } from "./worked-table.ts";

test.each(workedTable("docs/method/uncertainty.md", "M | c₁ | c₀ | probability | kept"))(
  "at M = %s, %s right with and %s without the image make a gain of 0.3 likely by %s",
  (m, c1, c0, expected) =>
    expect(newGainProbability(Number(m), 0.3)(Number(c1), Number(c0), Number(m))).toBeCloseTo(Number(expected), 6),
);

test("one right with and one wrong without the image make any gain likely by 5/6", () => {
  expect(newGainProbability(1, 0)(1, 0, 1)).toBeCloseTo(5 / 6, 14);
});

test("a text arm that was not run is uniform: P(p₁ > p₀) after 5 of 5 is 6/7", () => {
  expect(newGainProbability(5, 0)(5, 0, 0)).toBeCloseTo(6 / 7, 14);
});

test("a gain of −1 is certain and one of 1 impossible", () => {
  expect(newGainProbability(5, -1)(0, 5, 5)).toBeCloseTo(1, 14);
  expect(newGainProbability(5, 1)(5, 0, 5)).toBe(0);
});

const cases = fc
  .integer({ min: 1, max: 40 })
  .chain((m) => fc.tuple(fc.constant(m), fc.nat(m), fc.nat(m)))
  .chain(([m, c1, n]) => fc.record({ m: fc.constant(m), c1: fc.constant(c1), n: fc.constant(n), c0: fc.nat(n) }));
const gains = fc.integer({ min: -9, max: 9 }).map((tenths) => tenths / 10);

test("the probability agrees with a fine sum over p₀", () => {
  fc.assert(
    fc.property(cases, gains, ({ m, c1, n, c0 }, gain) => {
      const steps = 2000;
      let sum = 0;
      for (let i = 0; i < steps; i++) {
        const x = (i + 0.5) / steps;
        let above = 0;
        for (let k = 0; k <= c1; k++) above += binomialProbability(m + 1, k, x + gain);
        sum += ((n + 1) * binomialProbability(n, c0, x) * above) / steps;
      }
      expect(newGainProbability(m, gain)(c1, c0, n)).toBeCloseTo(sum, 3);
    }),
    { numRuns: 40 },
  );
});

test("it lies in [0, 1], falls as c₀ rises, rises with c₁, and mirrors when the arms swap", () => {
  fc.assert(
    fc.property(cases, gains, ({ m, c1, n, c0 }, gain) => {
      const probability = newGainProbability(m, gain);
      const value = probability(c1, c0, n);
      expect(value).toBeGreaterThanOrEqual(-1e-12);
      expect(value).toBeLessThanOrEqual(1);
      if (c0 < n) expect(probability(c1, c0 + 1, n)).toBeLessThanOrEqual(value + 1e-12);
      if (c1 < m) expect(probability(c1 + 1, c0, n)).toBeGreaterThanOrEqual(value - 1e-12);
      if (n === m) expect(newGainProbability(m, -gain)(c0, c1, m)).toBeCloseTo(1 - value, 10);
    }),
  );
});

test("it stays accurate at the largest M", () => {
  const probability = newGainProbability(256, 0);
  expect(probability(128, 128, 256)).toBeCloseTo(0.5, 9);
  expect(probability(256, 0, 256)).toBeCloseTo(1, 12);
});

test("the 90 % interval holds 90 %, and a hundredth less on either side would not", () => {
  fc.assert(
    fc.property(cases, ({ m, c1, n, c0 }) => {
      const { low, high } = newGainInterval(m)(c1, c0, n);
      const above = (gain: number) => newGainProbability(m, gain)(c1, c0, n);
      expect(above(low)).toBeGreaterThanOrEqual(0.95 - 1e-9);
      expect(above(high)).toBeLessThanOrEqual(0.05 + 1e-9);
      expect(above(low + 0.01)).toBeLessThan(0.95 + 1e-9);
      expect(above(high - 0.01)).toBeGreaterThan(0.05 - 1e-9);
      expect(low).toBeGreaterThanOrEqual(-1);
      expect(high).toBeLessThanOrEqual(1);
    }),
    { numRuns: 40 },
  );
});

test("after one right answer of one, a second one is right by 2/3", () => {
  expect(predictiveCounts(1, 1, 1)[0]).toBeCloseTo(1 / 3, 14);
});

test("a re-run of an arm is beta-binomial: 5 of 5 come again by 6/11, and an arm never run is uniform", () => {
  expect(1 - predictiveCounts(5, 5, 5)[4]!).toBeCloseTo(6 / 11, 12);
  for (const [k, value] of predictiveCounts(5, 0, 0).entries()) expect(value).toBeCloseTo((k + 1) / 6, 12);
});
