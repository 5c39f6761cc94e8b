import { binomialProbability } from "../lib/binomial-probability.ts";
import { gaussLegendre } from "../lib/gauss-legendre.ts";
import { remember } from "../lib/remember.ts";

/** The visual signal of `c1` of M right with the image and `c0` of M right without. */
export type VisualSignal = (c1: number, c0: number) => number;

/**
 * How much variance of the reward a sample is expected to have that owes to its image.
 *
 *     W = E[ p₁ · (1 − p₁) · 1{ p₁ > p₀ } | c₁, c₀ ]
 *       = ∫ y · (1 − y) · f₁(y) · P( p₀ < y ) dy
 *     p₁ ~ Beta(1 + c₁, 1 + M − c₁),   p₀ ~ Beta(1 + c₀, 1 + M − c₀),   f₁ the density of p₁
 *
 * `m`: M. In (0, 1/4), never rising with `c0`. With uniform priors P(p₀ < y) = P(Bin(M + 1, y) > c₀),
 * so the integrand is a polynomial of degree 2M + 3 and Gauss–Legendre with M + 2 points is exact to
 * rounding. Ours (docs/selectors/winnow.md).
 */
export function newVisualSignal(m: number): VisualSignal {
  const { nodes, weights } = gaussLegendre(m + 2);
  const y = Array.from(nodes, (node) => (node + 1) / 2);
  const below = new Map<number, readonly number[]>();
  const known = new Map<number, number>();

  /** P( p₀ < y ) at every node. */
  const exceedances = (c0: number): readonly number[] =>
    remember(below, c0, () =>
      y.map((at) => {
        let sum = 0;
        for (let k = c0 + 1; k <= m + 1; k++) sum += binomialProbability(m + 1, k, at);
        return sum;
      }),
    );

  // Rounding must not make W rise with c₀: the lazy protocol stops on it.
  const signal: VisualSignal = (c1, c0) =>
    remember(known, c1 * (m + 1) + c0, () => {
      const image = exceedances(c0);
      const w = y.reduce((sum, at, i) => {
        const density = (m + 1) * binomialProbability(m, c1, at);
        return sum + (weights[i]! / 2) * at * (1 - at) * density * image[i]!;
      }, 0);
      return c0 === 0 ? w : Math.min(w, signal(c1, c0 - 1));
    });
  return signal;
}
