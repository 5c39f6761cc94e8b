import fc from "fast-check";
import { expect, test } from "vitest";
import { newVisualSignal } from "../../src/estimators/index.ts";
import { workedTable } from "./worked-table.ts";

test.each(workedTable("docs/selectors/winnow.md", "M | c₁ | c₀ | W"))(
  "at M = %s, c₁ = %s and c₀ = %s the visual signal is %s",
  (m, c1, c0, w) => {
    expect(newVisualSignal(Number(m))(Number(c1), Number(c0))).toBeCloseTo(Number(w), 6);
  },
);

test("the signal lies in [0, 1/4), falls with every right answer without the image, and is part of the variance", () => {
  const counts = fc.integer({ min: 1, max: 64 }).chain((m) => fc.tuple(fc.constant(m), fc.nat(m), fc.nat(m - 1)));
  fc.assert(
    fc.property(counts, ([m, c1, c0]) => {
      const signal = newVisualSignal(m);
      expect(signal(c1, c0)).toBeLessThan(0.25);
      expect(signal(c1, c0)).toBeGreaterThanOrEqual(0);
      expect(signal(c1, c0 + 1)).toBeLessThanOrEqual(signal(c1, c0));
      // E[p(1 − p)] of Beta(1 + c, 1 + M − c), which the condition p₁ > p₀ only takes from.
      const variance = ((1 + c1) * (1 + m - c1)) / ((m + 2) * (m + 3));
      expect(signal(c1, c0)).toBeLessThanOrEqual(variance + 1e-12);
    }),
  );
});
