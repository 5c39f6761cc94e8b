/** The mean reward of one sample in each epoch, none missing. */
export type Curve = readonly number[];

/** Whether a curve has a reward for each of so many epochs, and there is at least one. */
export function isWhole(curve: readonly (number | null)[], epochs: number): boolean {
  return epochs > 0 && curve.length === epochs && curve.every((reward) => reward !== null);
}

/** r̄: the mean of all curves in each epoch. */
export function meanCurve(curves: readonly Curve[], epochs: number): Curve {
  const sums = new Float64Array(epochs);
  for (const curve of curves) for (let k = 0; k < epochs; k++) sums[k]! += curve[k]!;
  return Array.from(sums, (sum) => sum / curves.length);
}

/**
 * How closely a curve follows the mean one.
 *
 *     s = 1 − Σ_k ( r_k − r̄_k )² / Σ_k ( 1 − r̄_k )²
 *
 * 1 where they are the same, 0 where it lies as far off as a curve of ones, and below 0 beyond.
 * Where r̄ is 1 throughout every curve is the mean: 1. Source: LIMR, arXiv 2502.11886.
 */
export function alignToCurve(curve: Curve, mean: Curve): number {
  let [distance, furthest] = [0, 0];
  for (let k = 0; k < mean.length; k++) {
    distance += (curve[k]! - mean[k]!) ** 2;
    furthest += (1 - mean[k]!) ** 2;
  }
  return furthest === 0 ? 1 : 1 - distance / furthest;
}
