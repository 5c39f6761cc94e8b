import type { PsiOptions } from "../config.ts";
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

/** How responses are scored: what is asked for, and who does it where a source hands out rows. */
export interface ColumnScoring {
  /** By name; a source that reduces attention itself answers with a ψ for each. */
  readonly optionSets: Readonly<Record<string, PsiOptions>>;
  /** A scorer of all of them, one per response. */
  newScorer(): ColumnScorer;
}

/** A response that cannot be measured, ever; its sample is set aside with the reason. */
export interface AttentionRefusal {
  readonly type: "refused";
  readonly sampleId: string;
  readonly reason: string;
}

/** Where attention comes from. */
export interface AttentionSource extends AsyncDisposable {
  readonly name: string;
  /**
   * Measures every request with one teacher-forced pass over prompt and response, each
   * yielded as soon as it is finished, in any order. Throws when it may help to try again later.
   */
  measure(
    requests: AsyncIterable<AttentionRequest>,
    scoring: ColumnScoring,
    signal?: AbortSignal,
  ): AsyncIterable<Attention | AttentionRefusal>;
}
