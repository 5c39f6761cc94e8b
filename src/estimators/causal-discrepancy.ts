import type { ArmCounts } from "../records.ts";

/**
 * CDE, the causal discrepancy: the effect of the image on correctness.
 *
 *     D(x) = ( c₁(x) − c₀(x) ) / M
 *
 * `c₁`, `c₀`: correct rollouts with and without the image, 0 … M; `m`: M, rollouts per arm.
 * In [−1, 1], in steps of 1/M. Source: RAP, arXiv 2506.04755, causal discrepancy estimator.
 */
export function causalDiscrepancy(c1: number, c0: number, m: number): number {
  return (c1 - c0) / m;
}

/**
 * The smallest and the largest D still possible once the image arm is complete and `text.taken`
 * rollouts of the text arm are there: all the remaining ones may turn out right, or wrong.
 */
export function discrepancyBounds(c1: number, text: ArmCounts, m: number): { min: number; max: number } {
  const remaining = m - text.taken;
  return { min: causalDiscrepancy(c1, text.correct + remaining, m), max: causalDiscrepancy(c1, text.correct, m) };
}

/**
 * The share of an effect that guessing leaves visible: a choice among `q` options is guessed
 * right with chance 1/q in both arms, so the effect shows only on the rest.
 *
 *     1 − 1/q
 *
 * 1 where there is nothing to choose from (`options` absent or below 2).
 */
export function chanceFactor(options: number | undefined): number {
  return options === undefined || options < 2 ? 1 : 1 - 1 / options;
}

/**
 * D corrected for chance, `D / (1 − 1/q)`: in [−q/(q−1), q/(q−1)], and D itself where there is
 * nothing to choose from.
 */
export function chanceCorrectedDiscrepancy(d: number, options: number | undefined): number {
  return d / chanceFactor(options);
}
