import fc from "fast-check";
import { expect, test } from "vitest";
import { columnScores, combineHeads, logPsi, medianLogPsi } from "../../src/estimators/index.ts";
import { workedTable } from "./worked-table.ts";

const A = [[1], [0.5, 0.5], [0.4, 0.2, 0.4]];

test.each(workedTable("docs/method/ace.md", "heads | span | minSpan | normalise | ψ_1 | ψ_2 | ψ_3 | ψ | column"))(
  "the worked matrix under %s, %s, minSpan %s, normalise %s scores %s, %s, %s",
  (_, span, minSpan, normalise, ...rest) => {
    const options = {
      sigma: 2,
      span: span as "suffix" | "window",
      minSpan: Number(minSpan),
      normalise: normalise === "on",
    };
    const [psi1, psi2, psi3, best, column] = rest;
    const scores = columnScores(A, options);
    for (const [j, expected] of [psi1, psi2, psi3].entries())
      expect(Math.exp(scores[j]!)).toBeCloseTo(Number(expected), 8);
    const psi = logPsi(A, options);
    expect(Math.exp(psi.logPsi)).toBeCloseTo(Number(best), 8);
    expect(psi.column).toBe(column === "none" ? undefined : Number(column) - 1);
  },
);

test("mean keeps a row's mass, and max renormalises over all keys", () => {
  const row = [0.2, 0.6, 0.2, 0.5, 0.1, 0.4];
  const combined = new Float64Array(3);
  combineHeads(row, 2, "mean", combined);
  for (const [i, value] of [0.35, 0.35, 0.3].entries()) expect(combined[i]).toBeCloseTo(value, 12);
  combineHeads(row, 2, "max", combined);
  for (const [i, value] of [0.5 / 1.5, 0.4, 0.4 / 1.5].entries()) expect(combined[i]).toBeCloseTo(value, 12);
});

test("an empty response has ψ = 0 and no column", () => {
  expect(logPsi([], { sigma: 2, span: "suffix", minSpan: 1, normalise: false })).toEqual({ logPsi: -Infinity });
});

test("zero attention anywhere in a span gives −∞, and no NaN", () => {
  const scores = columnScores([[1], [0, 1], [0, 0, 1]], { sigma: 2, span: "suffix", minSpan: 1, normalise: true });
  expect([...scores]).toEqual([-Infinity, -Infinity, Math.log(2)]);
});

test("the median over rollouts is the middle ψ, or the mean of the two middle ones", () => {
  const log = (values: number[]) => values.map(Math.log);
  expect(Math.exp(medianLogPsi(log([0.1, 0.4, 0.2]))!)).toBeCloseTo(0.2, 12);
  expect(Math.exp(medianLogPsi(log([0.1, 0.4, 0.2, 0.8]))!)).toBeCloseTo(0.3, 12);
  expect(Math.exp(medianLogPsi(log([0, 0.4]))!)).toBeCloseTo(0.2, 12);
  expect(medianLogPsi(log([0, 0, 0.3]))).toBe(-Infinity);
  expect(medianLogPsi(log([0, 0]))).toBe(-Infinity);
  expect(medianLogPsi([])).toBeUndefined();
  expect(medianLogPsi(undefined)).toBeUndefined();
});

/** Lower-triangular rows of probabilities, some weight left to the prompt; no product of them underflows. */
const weights = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1, noNaN: true }));
const matrices = fc.array(fc.array(weights, { minLength: 13, maxLength: 13 }), { maxLength: 12 }).map((rows) =>
  rows.map((row, i) => {
    const keys = row.slice(0, i + 2);
    const sum = keys.reduce((total, value) => total + value, 0) || 1;
    return keys.slice(1).map((value) => value / sum);
  }),
);
const columnOptions = fc.record({
  sigma: fc.constantFrom(0.5, 1, 2),
  span: fc.constantFrom("suffix" as const, "window" as const),
  minSpan: fc.integer({ min: 1, max: 5 }),
  normalise: fc.boolean(),
});

test("ψ in log space is the literal product", () => {
  fc.assert(
    fc.property(matrices, columnOptions, (a, options) => {
      const { sigma, span, minSpan: w, normalise } = options;
      const product = (rows: number[], j: number): number => {
        const value = rows.reduce((total, i) => total * (sigma * a[i]![j]!), 1);
        return normalise ? value ** (1 / rows.length) : value;
      };
      const rowsFrom = (j: number, length: number) => Array.from({ length }, (_, i) => j + i);
      const literal = a.map((_, j) => {
        const height = a.length - j;
        if (height < w) return 0;
        if (span === "suffix") return product(rowsFrom(j, height), j);
        return Math.max(...rowsFrom(j, height - w + 1).map((start) => product(rowsFrom(start, w), j)));
      });
      const scores = columnScores(a, options);
      for (const [j, value] of literal.entries()) {
        if (value > 0) expect(Math.exp(scores[j]!) / value).toBeCloseTo(1, 9);
        else expect(scores[j]).toBe(-Infinity);
      }
    }),
  );
});

test("ψ lies in [0, σ^L], and in [0, σ] when normalised", () => {
  fc.assert(
    fc.property(matrices, columnOptions, (a, options) => {
      const psi = logPsi(a, options);
      const factors = options.normalise ? 1 : Math.max(1, a.length);
      expect(psi.logPsi).toBeLessThanOrEqual(Math.max(0, factors * Math.log(options.sigma)) + 1e-9);
      expect(Number.isNaN(psi.logPsi)).toBe(false);
      if (psi.column !== undefined) expect(psi.column).toBeLessThanOrEqual(a.length - options.minSpan);
    }),
  );
});
