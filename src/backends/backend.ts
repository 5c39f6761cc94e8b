import type { Prompt, TakenRollout } from "../records.ts";

/** Sampling settings, the same for both arms. */
export interface Sampling {
  /** 0 is greedy. */
  readonly temperature: number;
  /** Nucleus size, in (0, 1]; 1 keeps everything. */
  readonly topP: number;
  /** Keep the k most probable tokens; 0 keeps everything. */
  readonly topK: number;
  /** Response tokens at most, ≥ 1. */
  readonly maxTokens: number;
  /** Any integer ≥ 0; with (sample, arm, index) it names the random stream of a rollout. */
  readonly seed: number;
}

/** A request for the rollouts of one prompt with exactly these indices. */
export interface RolloutRequest {
  readonly prompt: Prompt;
  readonly indices: readonly number[];
}

/** What a backend yields, in any order, each as soon as it is finished. */
export type RolloutResult =
  | { readonly type: "rollout"; readonly rollout: TakenRollout }
  /** This prompt cannot be answered (over-long, refused); the sample is set aside with the reason. */
  | { readonly type: "refused"; readonly sampleId: string; readonly reason: string };

/** Where responses come from. */
export interface Backend extends AsyncDisposable {
  readonly name: string;
  /** Identity of the model: two backends with the same fingerprint sample from the same distribution. */
  readonly model: { readonly name: string; readonly fingerprint: string };
  /** Tokens a prompt and its response may have together. */
  readonly contextLength: number;
  /** It takes no rollouts: those that were imported are all there is. */
  readonly closed?: true;
  /** What was found out of the model or its servers that is worth a person's while, so far. */
  remarks?(): readonly string[];
  /**
   * Rolls out every request. Pulls requests as it has room, so memory does not grow with
   * their number. The rollout for (seed, sample, arm, index) is the same whatever else is
   * asked for beside it. Ends early, without loss, when `signal` aborts.
   */
  generate(
    requests: AsyncIterable<RolloutRequest>,
    sampling: Sampling,
    signal?: AbortSignal,
  ): AsyncIterable<RolloutResult>;
}
