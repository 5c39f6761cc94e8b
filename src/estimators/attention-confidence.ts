import type { PsiOptions } from "../config.ts";
import type { Psi } from "../records.ts";

/** How one column of attention becomes one number: all of ACE's options but `heads`. */
export type ColumnOptions = Omit<PsiOptions, "heads">;

/**
 * ACE, the attention confidence: logarithms of the column scores of one response.
 *
 *     suffix:     log ψ_j = Σ_{i=j}^{L} ( log σ + log A_{i,j} ),         columns with L − j + 1 ≥ minSpan
 *     window:     log ψ_j = max_{r ≥ j} Σ_{i=r}^{r+w−1} ( log σ + log A_{i,j} ),         w = minSpan
 *     normalise:  each sum divided by its number of terms (the geometric mean of the factors)
 *
 * `a`: L × L, lower-triangular: row i holds the attention of response token i on response
 * tokens 0 … i (what a row gives to the prompt is left out). Returns L values; −∞ for a column
 * with a zero in every span, or that too few rows look back on. The literal product of the
 * paper is `suffix`, `minSpan` 1, not normalised. Source: RAP, arXiv 2506.04755, attention
 * confidence estimator; windows, spans and means are ours (docs/method/ace.md).
 */
export function columnScores(a: readonly ArrayLike<number>[], options: ColumnOptions): Float64Array {
  const { minSpan, span } = options;
  return Float64Array.from(a, (_, j) => {
    const factors = a.slice(j).map((row) => logFactor(row[j]!, options.sigma));
    if (factors.length < minSpan) return Number.NEGATIVE_INFINITY;
    if (span === "suffix") return logProduct(factors, options);
    const runs = factors.slice(minSpan - 1).map((_, start) => factors.slice(start, start + minSpan));
    return Math.max(...runs.map((run) => logProduct(run, options)));
  });
}

/**
 * The confidence of one response, in log: its most looked-at column, the first one of several.
 *
 *     log ψ(A) = max_j log ψ_j(A)
 *
 * `column` is absent when no column counts, and log ψ is −∞ then.
 */
export function logPsi(a: readonly ArrayLike<number>[], options: ColumnOptions): Psi {
  return bestColumn(columnScores(a, options));
}

/** The largest of the column scores and where it sits, the first place if there are several. */
export function bestColumn(scores: ArrayLike<number>): Psi {
  let column = -1;
  let best = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < scores.length; j++) {
    if (scores[j]! > best) {
      best = scores[j]!;
      column = j;
    }
  }
  return column < 0 ? { logPsi: best } : { logPsi: best, column };
}

/** One factor of a column score: `log( σ · A_{i,j} )`; −∞ for zero attention. */
function logFactor(attention: number, sigma: number): number {
  return Math.log(sigma) + Math.log(attention);
}

function logProduct(factors: readonly number[], options: ColumnOptions): number {
  const product = factors.reduce((sum, factor) => sum + factor, 0);
  return options.normalise ? product / factors.length : product;
}
