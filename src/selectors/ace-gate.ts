import type { SelectionOptions } from "../config.ts";

/** ψ equal to λ_a is not above it, however the logarithm was rounded. */
const ROUNDING = 1e-9;

/**
 * λ_a in log: the number given, or a quantile of the ψ of the samples that passed CDE.
 *
 *     quantile q:  the smallest measured ψ that at least a share q of them does not exceed
 *
 * `survivors`: their median log ψ, in any order. Without survivors a quantile is +∞: ACE has
 * nothing to go by and rejects nothing.
 */
export function logLambdaA(lambdaA: SelectionOptions["lambdaA"], survivors: readonly number[]): number {
  if (typeof lambdaA === "number") return Math.log(lambdaA);
  if (survivors.length === 0) return Number.POSITIVE_INFINITY;
  const sorted = Float64Array.from(survivors).sort();
  const rank = Math.ceil(lambdaA.quantile * sorted.length - ROUNDING);
  return sorted[Math.max(0, rank - 1)]!;
}

/**
 * Whether ACE discards a sample.
 *
 *     ψ > λ_a
 *
 * Compared in log, so that the ψ of a long response cannot underflow past its threshold.
 * Source: RAP, arXiv 2506.04755, attention confidence estimator.
 */
export function isAttentionBiased(logPsi: number, logThreshold: number): boolean {
  return logPsi > logThreshold + ROUNDING;
}
