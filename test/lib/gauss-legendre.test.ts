import { expect, test } from "vitest";
import { binomialProbability } from "../../src/lib/binomial-probability.ts";
import { gaussLegendre } from "../../src/lib/gauss-legendre.ts";

test.each([1, 2, 5, 65, 257])("%i points integrate every power up to twice their number exactly", (n) => {
  const { nodes, weights } = gaussLegendre(n);
  for (let power = 0; power < 2 * n; power++) {
    const sum = nodes.reduce((total, x, i) => total + weights[i]! * x ** power, 0);
    expect(sum).toBeCloseTo(power % 2 === 1 ? 0 : 2 / (power + 1), 12);
  }
});

test("two points sit at ±1/√3", () => {
  expect(gaussLegendre(2).nodes[1]).toBeCloseTo(1 / Math.sqrt(3), 15);
});

test("binomial probabilities: 3 of 5 fair coins by 10/32, the certain ones by 1, all of them sum to 1", () => {
  expect(binomialProbability(5, 3, 0.5)).toBeCloseTo(10 / 32, 14);
  expect([binomialProbability(5, 0, 0), binomialProbability(5, 5, 1), binomialProbability(5, 6, 0.5)]).toEqual([
    1, 1, 0,
  ]);
  const all = Array.from({ length: 258 }, (_, k) => binomialProbability(257, k, 0.3));
  expect(all.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 10);
});
