import type { Attention, Prompt, Psi, Rollout } from "../records.ts";

/** One with-image response to read the attention of. */
export interface AttentionRequest {
  readonly prompt: Prompt;
  readonly rollout: Rollout;
}

/**
 * Takes the last layer's attention of one response row by row (so that no source ever holds
 * a heads × L × L table) and turns it into column scores.
 */
export interface ColumnScorer {
  /**
   * Row `i` of the response, i = 0, 1, … in order. `row` holds `heads × keys` softmax
   * probabilities, head-major; `keys` = responseStart + i + 1 (every token up to and
   * including this one); the response's own columns start at `responseStart`.
   * The buffer may be reused by the caller after the call.
   */
  addRow(row: Float32Array, heads: number, responseStart: number): void;
  /** ψ by option-set name, after the last row. */
  finish(): Readonly<Record<string, Psi>>;
}

/** Where attention comes from. */
export interface AttentionSource extends AsyncDisposable {
  readonly name: string;
  /**
   * Measures every request with one teacher-forced pass over prompt and response, each
   * yielded as soon as it is finished, in any order. `newScorer` is called once per response.
   */
  measure(
    requests: AsyncIterable<AttentionRequest>,
    newScorer: () => ColumnScorer,
    signal?: AbortSignal,
  ): AsyncIterable<Attention>;
}
