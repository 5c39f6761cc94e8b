import { binomialProbability } from "../lib/binomial-probability.ts";
import { gaussLegendre } from "../lib/gauss-legendre.ts";

/**
 * What a re-run of one arm would bring: cumulative probabilities of 0 … M right ones, after
 * `correct` of `taken` were right, with a Beta(1,1) prior on the success rate p.
 *
 *     P( k | c, n ) = ∫ Bin(k; M, p) · Beta(p; 1 + c, 1 + n − c) dp
 *
 * The beta-binomial posterior predictive; the last of the m + 1 values is 1.
 */
export function predictiveCounts(m: number, correct: number, taken: number): Float64Array {
  const { nodes, weights } = gaussLegendre(m + 1);
  const p = nodes.map((node) => (node + 1) / 2);
  const density = p.map((at, i) => (weights[i]! / 2) * (taken + 1) * binomialProbability(taken, correct, at));
  let sum = 0;
  const cumulative = Float64Array.from({ length: m + 1 }, (_, k) => {
    sum += density.reduce((total, weight, i) => total + weight * binomialProbability(m, k, p[i]!), 0);
    return sum;
  });
  cumulative[m] = 1;
  return cumulative;
}
