import { binomialProbability } from "../lib/binomial-probability.ts";
import { gaussLegendre } from "../lib/gauss-legendre.ts";
import { remember } from "../lib/remember.ts";

/** Posterior probability of a gain, from `c1` of M right with the image and `c0` of `taken` right without. */
export type GainProbability = (c1: number, c0: number, taken: number) => number;

/**
 * How sure the counts make us that the image helps by more than `minGain`.
 *
 *     P( p₁ − p₀ > g | c₁, c₀ ) = ∫ f₀(x) · P( p₁ > x + g ) dx
 *     p₁ ~ Beta(1 + c₁, 1 + M − c₁),   p₀ ~ Beta(1 + c₀, 1 + n − c₀),   f₀ the density of p₀
 *
 * `m`: M, with-image rollouts; n: text-only rollouts taken, 0 … M. In [0, 1]; falls as `c0`
 * rises. With uniform priors P(p₁ > y) = P(Bin(M + 1, y) ≤ c₁), so the integrand is a polynomial
 * of degree at most 2M + 1 and Gauss–Legendre with M + 1 points is exact to rounding. Ours
 * (docs/method/uncertainty.md).
 */
export function newGainProbability(m: number, minGain: number): GainProbability {
  const low = Math.max(0, -minGain);
  const high = Math.max(low, Math.min(1, 1 - minGain));
  const { nodes, weights } = gaussLegendre(m + 1);
  const half = (high - low) / 2;
  const x = nodes.map((node) => low + half * (node + 1));
  const survivals = Array.from({ length: m + 1 }, () => new Float64Array(m + 1));
  for (const [i, at] of x.entries()) {
    let sum = 0;
    for (const [c1, survival] of survivals.entries()) {
      sum += binomialProbability(m + 1, c1, at + minGain);
      survival[i] = Math.min(1, sum);
    }
  }
  const densities = new Map<number, Float64Array>();
  const densityOf = (c0: number, taken: number): Float64Array =>
    remember(densities, taken * (m + 1) + c0, () =>
      x.map((at, i) => half * weights[i]! * (taken + 1) * binomialProbability(taken, c0, at)),
    );

  return (c1, c0, taken) => {
    const survival = survivals[c1]!;
    const certain = low > 0 ? 1 - cumulative(taken + 1, c0, low) : 0;
    return Math.min(
      1,
      densityOf(c0, taken).reduce((sum, density, i) => sum + density * survival[i]!, certain),
    );
  };
}

/** P( Bin(n, p) ≤ k ). */
function cumulative(n: number, k: number, p: number): number {
  let sum = 0;
  for (let i = 0; i <= k; i++) sum += binomialProbability(n, i, p);
  return Math.min(1, sum);
}
