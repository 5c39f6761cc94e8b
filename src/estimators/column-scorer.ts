import type { PsiOptions } from "../config.ts";
import { WinnowError } from "../errors.ts";
import type { Psi } from "../records.ts";
import { bestColumn } from "./attention-confidence.ts";
import { combineHeads } from "./combine-heads.ts";

/** Rows come out of a softmax, of half precision at worst. */
const ROW_SUM_TOLERANCE = 0.05;

/** Takes one response's attention row by row; the attention sources' `ColumnScorer`. */
export interface RowScorer {
  /**
   * Row i of the response, i = 0, 1, … in order: heads × (responseStart + i + 1) probabilities,
   * head-major. Throws `WinnowError("model")` on a row too short, or not one of probabilities.
   */
  addRow(row: Float32Array, heads: number, responseStart: number): void;
  /** ψ by option-set name, after the last row. */
  finish(): Readonly<Record<string, Psi>>;
}

/**
 * Scores a response under several option sets at once without ever holding its matrix: the
 * same numbers, bit for bit, as `logPsi` on the combined matrix. Memory is O(L) per option set
 * for suffixes and O(L · minSpan) for windows; use one scorer per response.
 */
export function newColumnScorer(optionSets: Readonly<Record<string, PsiOptions>>): RowScorer {
  const sets = Object.entries(optionSets).map(([name, options]) => ({
    name,
    heads: options.heads,
    logSigma: Math.log(options.sigma),
    columns: options.span === "suffix" ? new SuffixColumns(options) : new WindowColumns(options),
  }));
  const kinds = [...new Set(sets.map((set) => set.heads))];
  let combined = new Float64Array(0);
  let rows = 0;

  return {
    addRow(row, heads, responseStart) {
      const keys = responseStart + rows + 1;
      if (row.length < heads * keys) {
        throw new WinnowError(
          "model",
          `Attention row ${rows} of a response should hold ${heads} heads × ${keys} keys = ${heads * keys} values; found ${row.length}.`,
        );
      }
      requireProbabilities(row, heads, keys, rows);
      if (combined.length < keys) combined = new Float64Array(2 * keys);
      for (const kind of kinds) {
        combineHeads(row, heads, kind, combined, keys);
        const logs = combined.subarray(responseStart, keys).map(Math.log);
        for (const set of sets) {
          if (set.heads === kind) set.columns.add(rows, logs, set.logSigma);
        }
      }
      rows += 1;
    },
    finish: () => Object.fromEntries(sets.map(({ name, columns }) => [name, bestColumn(columns.scores(rows))])),
  };
}

/** Running sums of `log σ + log A_{i,j}` over the rows j … L. */
class SuffixColumns {
  readonly #options: PsiOptions;
  readonly #sums: number[] = [];

  constructor(options: PsiOptions) {
    this.#options = options;
  }

  /** `logs`: log A_{i,j} for j = 0 … i. */
  add(i: number, logs: Float64Array, logSigma: number): void {
    this.#sums.push(0);
    for (let j = 0; j <= i; j++) this.#sums[j]! += logSigma + logs[j]!;
  }

  scores(rows: number): number[] {
    const { minSpan, normalise } = this.#options;
    return this.#sums.slice(0, Math.max(0, rows - minSpan + 1)).map((sum, j) => (normalise ? sum / (rows - j) : sum));
  }
}

/** The best sum over any `minSpan` rows in a row, from a ring of the last `minSpan` rows. */
class WindowColumns {
  readonly #options: PsiOptions;
  readonly #ring: Float64Array[] = [];
  readonly #best: number[] = [];

  constructor(options: PsiOptions) {
    this.#options = options;
  }

  /** `logs`: log A_{i,j} for j = 0 … i. */
  add(i: number, logs: Float64Array, logSigma: number): void {
    const { minSpan, normalise } = this.#options;
    this.#ring.push(logs.map((log) => logSigma + log));
    if (this.#ring.length > minSpan) this.#ring.shift();
    if (i < minSpan - 1) return;
    const columns = i - minSpan + 2;
    this.#best.push(Number.NEGATIVE_INFINITY);
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (const row of this.#ring) sum += row[j]!;
      this.#best[j] = Math.max(this.#best[j]!, normalise ? sum / minSpan : sum);
    }
  }

  scores(): number[] {
    return this.#best;
  }
}

function requireProbabilities(row: Float32Array, heads: number, keys: number, index: number): void {
  let sum = 0;
  for (let at = 0; at < heads * keys; at++) sum += row[at]!;
  if (Math.abs(sum / heads - 1) <= ROW_SUM_TOLERANCE) return;
  throw new WinnowError(
    "model",
    `Attention row ${index} of a response should sum to 1 over its ${keys} keys, head by head; found ${sum / heads} ` +
      `in the mean of ${heads} heads. Check that the source reads probabilities, after the softmax.`,
  );
}
