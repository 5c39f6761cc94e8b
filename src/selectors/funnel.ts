import type { SelectionOptions } from "../config.ts";
import type { Decision, Evidence } from "../records.ts";

/** What can leave a selection empty, in the order samples come through. */
export type Gate = "ungradable" | "incomplete" | "cde" | "ace" | "budget";

/** How many samples came how far. */
export interface Funnel {
  readonly samples: number;
  readonly ungradable: number;
  /** Not decided for want of evidence: 0 in a finished run. */
  readonly incomplete: number;
  readonly passedCde: number;
  /** 0 when ACE did not run. */
  readonly passedAce: number;
  readonly aceRan: boolean;
  /** Easy samples (all M right with the image) among those that came through both gates. */
  readonly easy: number;
  readonly easyReplaced: number;
  /** Candidates taken in beyond the replacements, to fill a budget. */
  readonly filled: number;
  /** Kept samples and replacements that a budget cut off. */
  readonly overBudget: number;
  readonly selected: number;
  /** selected / samples, in [0, 1]. */
  readonly share: number;
  /** Samples whose ψ is known. */
  readonly attended: number;
  readonly rollouts: {
    readonly image: number;
    readonly text: number;
    /** What both arms of every gradable sample would have taken more. */
    readonly saved: number;
  };
  /** The largest D that any sample has, or may still have. */
  readonly largestD?: number;
  /** Present when nothing is selected: which gate turned the last ones away. */
  readonly emptiedBy?: Gate;
}

/** Counts decisions; `evidence` in the same order. */
export function summarise(decisions: readonly Decision[], evidence: readonly Evidence[]): Funnel {
  const count = (holds: (decision: Decision) => boolean): number =>
    decisions.reduce((sum, decision) => sum + (holds(decision) ? 1 : 0), 0);
  const aceRan = decisions.some((one) => one.passedAce !== undefined);
  const cameThrough = (one: Decision): boolean =>
    one.passedCde === true && (aceRan ? one.passedAce === true : one.reason !== "incomplete");
  const samples = decisions.length;
  const selected = count((one) => one.selected);
  const largestD = decisions.reduce((best, { score }) => Math.max(best, score.d ?? best), Number.NEGATIVE_INFINITY);
  const funnel: Funnel = {
    samples,
    ungradable: count((one) => one.reason === "ungradable"),
    incomplete: count((one) => one.reason === "incomplete"),
    passedCde: count((one) => one.passedCde === true),
    passedAce: count((one) => one.passedAce === true),
    aceRan,
    easy: count((one) => cameThrough(one) && one.score.difficulty === 0),
    easyReplaced: count((one) => one.reason === "easy-replaced"),
    filled: count((one) => one.reason === "budget-fill"),
    overBudget: count((one) => one.reason === "over-budget"),
    selected,
    share: samples === 0 ? 0 : selected / samples,
    attended: count((one) => one.score.psi !== undefined),
    rollouts: countRollouts(evidence),
    ...(Number.isFinite(largestD) && { largestD }),
  };
  return selected === 0 ? { ...funnel, emptiedBy: findEmptyingGate(funnel, count(cameThrough)) } : funnel;
}

/**
 * One sentence on a selection of nothing or of everything: which gate did it, and the way out;
 * `undefined` for any other.
 */
export function describeExtreme(funnel: Funnel, options: SelectionOptions): string | undefined {
  const { samples, passedCde, emptiedBy, largestD } = funnel;
  if (options.method !== "rap" && (emptiedBy === "cde" || emptiedBy === undefined)) {
    if (emptiedBy === "cde") return `Method \`${options.method}\` admits none of the ${samples} samples.`;
    if (options.method === "full") return undefined;
    return funnel.selected < samples
      ? undefined
      : `All ${samples} samples are selected by method \`${options.method}\`.`;
  }
  const cde =
    options.gate === "difference"
      ? `D > λ_c = ${options.lambdaC}${largestD === undefined ? "" : `; the largest D is ${largestD.toFixed(2)}`}`
      : `P(p₁ − p₀ > ${options.minGain}) ≥ ${options.confidence}`;
  switch (emptiedBy) {
    case undefined:
      return funnel.selected < samples
        ? undefined
        : `All ${samples} samples are selected: neither CDE (${cde}) nor ACE turned any away.`;
    case "ungradable":
      return samples === 0
        ? "There are no samples to select from."
        : `None of the ${samples} samples has a ground truth that can be graded.`;
    case "incomplete":
      return "No sample can be decided yet: the evidence is incomplete; resume the run.";
    case "cde":
      return `CDE turned all ${samples - funnel.ungradable} gradable samples away (${cde}); lower the threshold.`;
    case "ace":
      return `ACE turned away all ${passedCde} samples that passed CDE (λ_a = ${JSON.stringify(options.lambdaA)}); raise λ_a.`;
    case "budget":
      return `The budget of ${JSON.stringify(options.budget)} leaves room for none of the ${passedCde} samples that passed CDE.`;
  }
}

function countRollouts(evidence: readonly Evidence[]): Funnel["rollouts"] {
  let [image, text, saved] = [0, 0, 0];
  for (const one of evidence) {
    image += one.image.taken;
    text += one.text.taken;
    if (one.ungradable === undefined) saved += 2 * one.m - one.image.taken - one.text.taken;
  }
  return { image, text, saved };
}

function findEmptyingGate(funnel: Funnel, cameThrough: number): Gate {
  if (funnel.samples === funnel.ungradable) return "ungradable";
  if (cameThrough > 0) return "budget";
  if (funnel.incomplete > 0) return "incomplete";
  return funnel.passedCde > 0 ? "ace" : "cde";
}
