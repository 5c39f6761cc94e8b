import type { PsiOptions } from "../config.ts";

/**
 * One row of attention out of all heads' rows; `row`: heads × keys, head-major → keys.
 *
 *     mean:  A_j = (1/H) · Σ_h A_{h,j}
 *     max:   A_j = max_h A_{h,j} / Σ_k max_h A_{h,k},   k over all keys, the prompt's included
 *
 * Both are probabilities over the keys. `max` with renormalisation is what OPERA's code does
 * (CVPR 2024). The result is written into the first `keys` places of `combined`.
 */
export function combineHeads(
  row: ArrayLike<number>,
  heads: number,
  how: PsiOptions["heads"],
  combined: Float64Array,
  keys: number = row.length / heads,
): void {
  combined.fill(0, 0, keys);
  if (how === "mean") {
    for (let head = 0, at = 0; head < heads; head++) {
      for (let key = 0; key < keys; key++, at++) combined[key]! += row[at]!;
    }
    for (let key = 0; key < keys; key++) combined[key]! /= heads;
    return;
  }
  for (let head = 0, at = 0; head < heads; head++) {
    for (let key = 0; key < keys; key++, at++) combined[key] = Math.max(combined[key]!, row[at]!);
  }
  let sum = 0;
  for (let key = 0; key < keys; key++) sum += combined[key]!;
  for (let key = 0; key < keys; key++) combined[key]! /= sum;
}
