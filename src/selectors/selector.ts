import type { Decision, DecisionReason, Evidence } from "../records.ts";
import type { Sifted } from "./sift.ts";

/** What a selector still has to know before its decisions are certain. */
export interface Need {
  readonly sampleId: string;
  readonly what: "image" | "text" | "attention";
  /** For an arm: how many rollouts more, continuing at the next index; for attention: 0 (all with-image rollouts). */
  readonly rollouts: number;
}

/** A need of the sample at a place in the evidence. */
export interface Want extends Omit<Need, "sampleId"> {
  readonly place: number;
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
  /**
   * How many text-only rollouts more the lazy protocol is sure to ask of a sample, whatever the other
   * samples turn out to be; 0 where it depends on them. Asked between waves, so that a prompt goes on
   * while it is cached. Absent: every need waits for the next wave.
   */
  follow?(one: Evidence): number;
  /** What `select` selects; scores and words only where they are asked for: for many selections, one after the other. */
  choose(evidence: readonly Evidence[], attentionAvailable: boolean): Choice;
  /** One decision per sample, in the order of the evidence. */
  select(evidence: readonly Evidence[], attentionAvailable: boolean): readonly Decision[];
}

/** A selection; samples are named by their place in the evidence. */
export interface Choice {
  readonly selected: ReadonlySet<number>;
  readonly reasons: readonly DecisionReason[];
  /** How far the samples came through the gates, for the method that has gates. */
  readonly sifted?: Sifted;
  /** Sample → the one it changed places with, and back. */
  readonly counterparts: ReadonlyMap<number, number>;
  /** One decision whole. */
  decisionAt(place: number): Decision;
  /** The next wave of the lazy protocol: what `plan` gives. */
  wants(): readonly Want[];
}
