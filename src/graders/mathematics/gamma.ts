/** Relative error of `gamma`, generously. */
export const GAMMA_ERROR = 1e-12;

/** Lanczos's coefficients for g = 7, n = 9 (Numerical Recipes, 3rd edition, section 6.1, gives the method). */
const COEFFICIENTS = [
  0.999_999_999_999_809_93, 676.520_368_121_885_1, -1_259.139_216_722_402_8, 771.323_428_777_653_13,
  -176.615_029_162_140_59, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_571_6e-6,
  1.505_632_735_149_311_6e-7,
];

/** Γ(x) for real x by Lanczos's approximation, with Γ(x)Γ(1 − x) = π / sin πx below one half; NaN at its poles. */
export function gamma(x: number): number {
  if (x <= 0 && Number.isInteger(x)) return Number.NaN;
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gamma(1 - x));
  const shifted = x - 1;
  const t = shifted + 7.5;
  const sum = COEFFICIENTS.reduce(
    (total, coefficient, at) => total + (at === 0 ? coefficient : coefficient / (shifted + at)),
    0,
  );
  return Math.sqrt(2 * Math.PI) * t ** (shifted + 0.5) * Math.exp(-t) * sum;
}
