import type { Decision, Evidence } from "../records.ts";

/** What a selector still has to know before its decisions are certain. */
export interface Need {
  readonly sampleId: string;
  readonly what: "image" | "text" | "attention";
  /** For an arm: how many rollouts more, continuing at the next index; for attention: 0 (all with-image rollouts). */
  readonly rollouts: number;
}

/**
 * How much of the evidence is gathered: `lazy` asks only for what can still change a
 * decision, `full` for everything. Both lead to the same selected set.
 */
export type Protocol = "lazy" | "full";

/** What a selector may want to know beside the counts of both arms, and where it comes from. */
export type TraitSource =
  | "responses" // of every rollout: lengths, formats, answers, reasoning
  | "domain" // what a sample is about
  | "curve" // a training run's rewards
  | "masked"; // rollouts with the image masked in part

/** Chooses the subset. Deterministic given the evidence and the seed, whatever the order of rows. */
export interface Selector {
  readonly name: string;
  /** What `select` and `choose` read of `Evidence.traits`; gathered once the plan is fulfilled. */
  readonly traits: readonly TraitSource[];
  /**
   * What is still needed, or nothing when the decisions are certain. The caller gathers all
   * of it and asks again; each answer is a wave. Pure: plans, never acts.
   * `attentionAvailable` false: ACE does not run and is never asked for.
   */
  plan(evidence: readonly Evidence[], protocol: Protocol, attentionAvailable: boolean): readonly Need[];
  /** Places in the evidence of what `select` selects, without its scores and words: for many draws of the evidence. */
  choose(evidence: readonly Evidence[], attentionAvailable: boolean): ReadonlySet<number>;
  /** One decision per sample, in the order of the evidence. */
  select(evidence: readonly Evidence[], attentionAvailable: boolean): readonly Decision[];
}
