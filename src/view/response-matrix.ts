import type { PsiOptions } from "../config.ts";
import { combineHeads } from "../estimators/index.ts";

/** The attention of one response on its own tokens, row by row: a lower-triangular matrix, L × L. */
export class ResponseMatrix {
  readonly rows: Float64Array[] = [];
  readonly #heads: PsiOptions["heads"];
  #combined = new Float64Array(0);

  /** `heads`: how they become one row. */
  constructor(heads: PsiOptions["heads"]) {
    this.#heads = heads;
  }

  /** As a `ColumnScorer` takes it. */
  addRow(row: Float32Array, heads: number, responseStart: number): void {
    const keys = responseStart + this.rows.length + 1;
    if (this.#combined.length < keys) this.#combined = new Float64Array(2 * keys);
    combineHeads(row, heads, this.#heads, this.#combined, keys);
    this.rows.push(this.#combined.slice(responseStart, keys));
  }

  finish(): Record<string, never> {
    return {};
  }

  /** Mean attention each token gets from itself and the tokens after it: the mean over the rows i ≥ j of column j, in [0, 1]. */
  received(): Float64Array {
    const { rows } = this;
    return Float64Array.from(rows, (_, j) => {
      let sum = 0;
      for (let i = j; i < rows.length; i++) sum += rows[i]![j]!;
      return sum / (rows.length - j);
    });
  }
}
