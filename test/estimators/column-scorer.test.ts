import fc from "fast-check";
import { expect, test } from "vitest";
import type { PsiOptions } from "../../src/config.ts";
import { PSI_PRESETS } from "../../src/config.ts";
import { combineHeads, logPsi, medianLogPsi, newColumnScorer } from "../../src/estimators/index.ts";
import { randomStream } from "../../src/lib/random-stream.ts";
import { type AttentionRows, makeAttention } from "./attention-rows.ts";

const EVERY_OPTION: Record<string, PsiOptions> = {};
for (const heads of ["mean", "max"] as const)
  for (const span of ["suffix", "window"] as const)
    for (const normalise of [false, true])
      for (const minSpan of [1, 8])
        EVERY_OPTION[`${heads} ${span} minSpan ${minSpan}${normalise ? " normalised" : ""}`] = {
          sigma: 2,
          heads,
          span,
          minSpan,
          normalise,
        };

function score({ rows, heads, responseStart }: AttentionRows, sets: Record<string, PsiOptions>) {
  const scorer = newColumnScorer(sets);
  const buffer = new Float32Array(1 + Math.max(0, ...rows.map((row) => row.length)));
  for (const row of rows) {
    buffer.fill(Number.NaN);
    buffer.set(row);
    scorer.addRow(buffer.subarray(0, row.length), heads, responseStart);
  }
  return scorer.finish();
}

/** The response's own part of the combined rows. */
function combine({ rows, heads, responseStart }: AttentionRows, how: PsiOptions["heads"]): Float64Array[] {
  return rows.map((row) => {
    const combined = new Float64Array(row.length / heads);
    combineHeads(row, heads, how, combined);
    return combined.slice(responseStart);
  });
}

test("rows one at a time score bit for bit like the whole matrix, whatever the options", () => {
  const shapes = fc.record({
    heads: fc.integer({ min: 1, max: 4 }),
    prompt: fc.nat(6),
    length: fc.nat(20),
    sharpness: fc.constantFrom(1, 4, 200),
  });
  const options = fc.record({
    sigma: fc.constantFrom(0.7, 2),
    heads: fc.constantFrom("mean" as const, "max" as const),
    span: fc.constantFrom("suffix" as const, "window" as const),
    minSpan: fc.integer({ min: 1, max: 9 }),
    normalise: fc.boolean(),
  });
  fc.assert(
    fc.property(shapes, fc.array(options, { minLength: 1, maxLength: 4 }), fc.nat(), (shape, sets, seed) => {
      const attention = makeAttention(randomStream(`${seed}`), shape);
      const named = Object.fromEntries(sets.map((set, i) => [`set ${i}`, set]));
      const found = score(attention, named);
      for (const [name, set] of Object.entries(named)) {
        expect(found[name]).toEqual(logPsi(combine(attention, set.heads), set));
      }
    }),
  );
});

test("a row too short, and one that holds no probabilities, are refused", () => {
  const scorer = newColumnScorer(PSI_PRESETS);
  expect(() => scorer.addRow(new Float32Array([1, 0, 1]), 2, 1)).toThrow("2 heads × 2 keys = 4 values; found 3");
  expect(() => scorer.addRow(new Float32Array([3, -1, 7, 1]), 2, 1)).toThrow("should sum to 1");
  expect(() => scorer.addRow(new Float32Array([Number.NaN, 1]), 1, 1)).toThrow("should sum to 1");
});

test("nothing read is ψ = 0 in every set", () => {
  expect(newColumnScorer(PSI_PRESETS).finish()).toEqual({
    paper: { logPsi: -Infinity },
    robust: { logPsi: -Infinity },
  });
});

const SHAPE = { heads: 4, prompt: 10, length: 24, sharpness: 3 };
const SINK = { at: 5, weight: 0.9 };

/** Median ψ of each option set over five rollouts of one sample. */
function sample(name: string, sink?: { at: number; weight: number; until?: number }): Record<string, number> {
  const random = randomStream(name);
  const rollouts = Array.from({ length: 5 }, () => score(makeAttention(random, SHAPE, sink), EVERY_OPTION));
  return Object.fromEntries(
    Object.keys(EVERY_OPTION).map((set) => [set, medianLogPsi(rollouts.map((one) => one[set]!.logPsi))!]),
  );
}

const clean = Array.from({ length: 40 }, (_, i) => sample(`clean ${i}`));

/** log λ_a of each option set: as far above the largest of 40 clean samples as that is above their median. */
function threshold(set: string): number {
  const scores = clean.map((one) => one[set]!);
  const largest = Math.max(...scores);
  return largest + (largest - medianLogPsi(scores)!);
}

test.each(Object.keys(EVERY_OPTION))("a planted sink is told from clean attention under %s", (set) => {
  for (let i = 0; i < 10; i++) {
    expect(sample(`sink ${i}`, SINK)[set]!).toBeGreaterThan(threshold(set));
    expect(sample(`other ${i}`)[set]!).toBeLessThanOrEqual(threshold(set));
  }
});

test.each(Object.keys(EVERY_OPTION))("the sink is the winning column under %s", (set) => {
  expect(score(makeAttention(randomStream("column"), SHAPE, SINK), EVERY_OPTION)[set]?.column).toBe(SINK.at);
});

test("a sink that ends before the answer shows in windows, and not in the literal score", () => {
  const found = sample("ends early", { at: 5, weight: 0.9, until: 16 });
  for (const [name, { span }] of Object.entries(EVERY_OPTION)) {
    if (span === "window") expect(found[name]!).toBeGreaterThan(threshold(name));
  }
  expect(found["mean suffix minSpan 1"]!).toBeLessThan(threshold("mean suffix minSpan 1"));
});
