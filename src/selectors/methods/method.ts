import type { Arm, Evidence } from "../../records.ts";
import type { TraitSource, Want } from "../selector.ts";

/** The samples a method admits, as a line of which a budget takes the first. */
export interface Line {
  /** Places in the evidence, best first. */
  readonly places: readonly number[];
  /** What speaks for or against one sample, with its numbers and without a full stop. */
  readonly describe: (place: number) => string;
}

/** A way to choose samples other than RAP. Pure, and deterministic whatever the order of rows. */
export interface Method {
  /** Arms that must be whole before samples can be told apart. */
  readonly arms: readonly Arm[];
  readonly traits: readonly TraitSource[];
  /** How many are taken without a budget: all that are admitted, as many as RAP takes, or a share of the gradable ones. */
  readonly size: "admitted" | "rap" | { readonly share: number };
  /** Lines up samples whose arms are whole and whose ground truths can be graded. */
  lineUp(evidence: readonly Evidence[]): Line;
  /** What must still be known before the first `size` of the line are certain; nothing when absent. */
  settle?(evidence: readonly Evidence[], size: number): readonly Want[];
}
