/**
 * DRM's difficulty, the share of with-image rollouts that were not right.
 *
 *     D_diff(x) = 1 − c₁(x) / M
 *
 * 0: easy, all right; 1: never solved. In [0, 1], in steps of 1/M.
 * Source: RAP, arXiv 2506.04755, difficulty-aware replacement module.
 */
export function difficulty(c1: number, m: number): number {
  return 1 - c1 / m;
}
