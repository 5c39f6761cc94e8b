import type { SelectionOptions } from "../config.ts";
import { chanceFactor, countsKey, type GainProbability, requiredGain } from "../estimators/index.ts";
import { remember } from "../lib/remember.ts";
import type { Evidence } from "../records.ts";

/** A hair's breadth against binary fractions: 0.6 · 5 counts as 3, and a posterior of 0.8 as 0.8. */
const ROUNDING = 1e-9;

/** The largest c₀ at which a sample of these counts still passes CDE; −1: none does. */
export type CdeCap = (evidence: Evidence) => number;

/**
 * CDE's gate as a bound on c₀ (see `textVerdict`).
 *
 *     difference:  D > λ_c                                 preset robust:  D / (1 − 1/q) > λ_c
 *     posterior:   P( p₁ − p₀ > g | c₁, c₀ ) ≥ confidence    g = minGain, or minGain · (1 − 1/q)
 *
 * Both fall as c₀ rises. Source: RAP, arXiv 2506.04755 (difference); the posterior is ours
 * (docs/method/uncertainty.md). Needs the complete image arm.
 */
export function newCdeCap(
  options: SelectionOptions,
  gainProbability: (m: number, minGain: number) => GainProbability,
): CdeCap {
  const known = new Map<number, number>();
  return ({ m, image, options: choices }) =>
    remember(known, countsKey(m, image.correct, choices ?? 0), () =>
      options.gate === "difference"
        ? image.correct - smallestPassingDifference(options, m, choices)
        : largestConvincing(gainProbability(m, requiredGain(options, choices)), m, image.correct, options.confidence),
    );
}

/** The smallest whole c₁ − c₀ above `λ_c · M`, exact for every λ_c that people type as a decimal. */
function smallestPassingDifference(options: SelectionOptions, m: number, choices: number | undefined): number {
  const factor = options.preset === "robust" ? chanceFactor(choices) : 1;
  return Math.floor(options.lambdaC * factor * m + ROUNDING) + 1;
}

/** The largest c₀, −1 … M, at which the posterior still reaches the confidence. */
function largestConvincing(probability: GainProbability, m: number, c1: number, confidence: number): number {
  let c0 = m;
  while (c0 >= 0 && probability(c1, c0, m) < confidence - ROUNDING) c0 -= 1;
  return c0;
}
