import fc from "fast-check";
import { expect, test } from "vitest";
import { expOfNegative } from "../../src/lib/exp-of-negative.ts";

test("e^x is right to 2e-12 between −700 and 0", () => {
  fc.assert(
    fc.property(fc.double({ min: -700, max: 0, noNaN: true }), (x) => {
      expect(Math.abs(expOfNegative(x) / Math.exp(x) - 1)).toBeLessThan(2e-12);
    }),
    { numRuns: 2000 },
  );
});

test("e^0 is 1, and what is too small to matter is 0", () => {
  expect(expOfNegative(0)).toBe(1);
  expect(expOfNegative(-701)).toBe(0);
  expect(expOfNegative(-Infinity)).toBe(0);
});
