import fc from "fast-check";
import { expect, test } from "vitest";
import {
  causalDiscrepancy,
  chanceCorrectedDiscrepancy,
  difficulty,
  discrepancyBounds,
} from "../../src/estimators/index.ts";
import { workedTable } from "./worked-table.ts";

const arm = (taken: number, correct: number) => ({ taken, correct, truncated: 0 });

test.each(workedTable("docs/method/cde.md", "M | c₁ | c₀ | D | λ_c | kept"))(
  "at M = %s, %s right with and %s without the image give D = %s",
  (m, c1, c0, d) => expect(causalDiscrepancy(Number(c1), Number(c0), Number(m))).toBeCloseTo(Number(d), 12),
);

test.each(workedTable("docs/method/cde.md", "M | c₁ | n | c₀ | smallest D | largest D"))(
  "at M = %s and c₁ = %s, after %s text-only rollouts with %s right D ends in [%s, %s]",
  (m, c1, n, c0, min, max) => {
    const bounds = discrepancyBounds(Number(c1), arm(Number(n), Number(c0)), Number(m));
    expect(bounds.min).toBeCloseTo(Number(min), 12);
    expect(bounds.max).toBeCloseTo(Number(max), 12);
  },
);

test.each(workedTable("docs/method/cde.md", "D | q | corrected"))("D = %s of %s choices is %s for chance", (d, q, to) =>
  expect(chanceCorrectedDiscrepancy(Number(d), Number(q))).toBeCloseTo(Number(to), 12),
);

test("D stays as it is where there is nothing to choose from", () => {
  expect(chanceCorrectedDiscrepancy(0.4, undefined)).toBe(0.4);
  expect(chanceCorrectedDiscrepancy(0.4, 1)).toBe(0.4);
});

test.each(workedTable("docs/method/drm.md", "M | c₁ | D_diff | role"))(
  "at M = %s, %s right give D_diff = %s",
  (m, c1, expected) => expect(difficulty(Number(c1), Number(m))).toBeCloseTo(Number(expected), 12),
);

/** M, then c₁, c₀ ≤ n ≤ M. */
const counts = fc
  .integer({ min: 1, max: 64 })
  .chain((m) => fc.tuple(fc.constant(m), fc.nat(m), fc.nat(m)))
  .chain(([m, c1, n]) => fc.tuple(fc.constant(m), fc.constant(c1), fc.constant(n), fc.nat(n)));

test("D lies in [−1, 1], changes sign with its arms, and D_diff lies in [0, 1]", () => {
  fc.assert(
    fc.property(counts, ([m, c1, , c0]) => {
      const d = causalDiscrepancy(c1, c0, m);
      expect(Math.abs(d)).toBeLessThanOrEqual(1);
      expect(causalDiscrepancy(c0, c1, m) + d).toBe(0);
      expect(difficulty(c1, m)).toBeGreaterThanOrEqual(0);
      expect(difficulty(c1, m)).toBeLessThanOrEqual(1);
    }),
  );
});

test("the bounds of D hold for every continuation and close in on D", () => {
  fc.assert(
    fc.property(counts, fc.nat(1000), ([m, c1, n, c0], luck) => {
      const { min, max } = discrepancyBounds(c1, arm(n, c0), m);
      const d = causalDiscrepancy(c1, c0 + (luck % (m - n + 1)), m);
      expect(d).toBeGreaterThanOrEqual(min);
      expect(d).toBeLessThanOrEqual(max);
      if (n === m) expect(min).toBe(max);
    }),
  );
});
