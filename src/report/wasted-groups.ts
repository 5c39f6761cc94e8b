import { binomialProbability } from "../lib/binomial-probability.ts";
import type { DecisionCell } from "./count-decisions.ts";

/** Group sizes that people train with. */
const GROUP_SIZES = [4, 8, 16, 32];
/** Pass rates 0, 0.01, … 1, on which their distribution is fitted. */
const RATES = Array.from({ length: 101 }, (_, i) => i / 100);
const ROUNDS = 2000;

/** The share of samples whose GRPO group of `size` would be all right or all wrong, and so teach nothing. */
export interface WastedGroups {
  readonly size: number;
  /** Over all samples, and over the selected ones; in [0, 1]. */
  readonly before: number;
  readonly after: number | null;
}

/**
 * Expected share of zero-variance groups, before and after the selection, from the counts c₁ of
 * the image arm.
 *
 *     waste_n(c₁) = E[ pⁿ + (1 − p)ⁿ | c₁ ],   p ~ the distribution of pass rates fitted to all c₁
 *
 * The distribution is the maximum-likelihood one on a grid (Laird 1978, by expectation
 * maximisation), so that a group of M agrees with what was seen, and choosing samples by c₁
 * does not flatter them. Empty before any image arm is complete.
 */
export function estimateWastedGroups(cells: readonly DecisionCell[]): readonly WastedGroups[] {
  const known = cells.filter((cell) => cell.complete);
  const m = known[0]?.m;
  if (m === undefined) return [];
  const all = histogram(known, m);
  const posteriors = fitPassRates(all, m);
  const chosen = histogram(
    known.filter(({ selected }) => selected),
    m,
  );
  return GROUP_SIZES.map((size) => {
    const waste = posteriors.map((weights) =>
      weights.reduce((sum, weight, i) => sum + weight * (RATES[i]! ** size + (1 - RATES[i]!) ** size), 0),
    );
    return { size, before: mean(waste, all) as number, after: mean(waste, chosen) };
  });
}

/** Posterior weights of the rates for each c₁ = 0 … M, under the prior that fits `counts` best. */
function fitPassRates(counts: readonly number[], m: number): number[][] {
  const likelihood = counts.map((_, c) => RATES.map((p) => binomialProbability(m, c, p)));
  const samples = counts.reduce((sum, n) => sum + n, 0);
  let prior = RATES.map(() => 1 / RATES.length);
  for (let round = 0; round < ROUNDS; round++) {
    const next = new Array<number>(RATES.length).fill(0);
    for (const [c, n] of counts.entries()) {
      if (n === 0) continue;
      for (const [i, weight] of posterior(prior, likelihood[c]!).entries()) next[i]! += (n / samples) * weight;
    }
    prior = next;
  }
  return likelihood.map((row) => posterior(prior, row));
}

function posterior(prior: readonly number[], likelihood: readonly number[]): number[] {
  const joint = prior.map((weight, i) => weight * likelihood[i]!);
  const evidence = joint.reduce((sum, weight) => sum + weight, 0);
  return evidence === 0 ? joint : joint.map((weight) => weight / evidence);
}

function histogram(cells: readonly DecisionCell[], m: number): number[] {
  const counts = new Array<number>(m + 1).fill(0);
  for (const { correctImage, samples } of cells) counts[correctImage]! += samples;
  return counts;
}

function mean(values: readonly number[], weights: readonly number[]): number | null {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  return whole === 0 ? null : values.reduce((sum, value, i) => sum + value * weights[i]!, 0) / whole;
}
