import type { Attention, Rollout } from "../records.ts";
import type { ColumnScorer } from "./attention-source.ts";
import { AttentionSummarizer } from "./attention-summary.ts";

/** One response whose attention rows come in, and the record they end in. */
export class MeasuredResponse {
  readonly #rollout: Rollout;
  readonly #responseStart: number;
  readonly #scorer: ColumnScorer;
  readonly #summarizer: AttentionSummarizer;

  /** The prompt takes the keys 0 … responseStart−1; `imageKeys` are its image tokens. */
  constructor(rollout: Rollout, responseStart: number, imageKeys: readonly number[], scorer: ColumnScorer) {
    this.#rollout = rollout;
    this.#responseStart = responseStart;
    this.#scorer = scorer;
    this.#summarizer = new AttentionSummarizer(imageKeys);
  }

  /** The next response row: heads × keys probabilities, head-major. */
  addRow(row: Float32Array, heads: number): void {
    this.#scorer.addRow(row, heads, this.#responseStart);
    this.#summarizer.addRow(row, heads);
  }

  /** After the last row; `nameToken` gives the text of the response token at an index. */
  finish(nameToken: (column: number) => string | undefined): Attention {
    const psi = this.#scorer.finish();
    const column = Object.values(psi)[0]?.column;
    const token = column === undefined ? undefined : nameToken(column);
    const { sampleId, index } = this.#rollout;
    return { sampleId, index, psi, ...this.#summarizer.finish(), ...(token === undefined ? {} : { token }) };
  }
}
