import type { DecisionReason, Evidence } from "../records.ts";
import { cutToBudget } from "./budget.ts";
import { replaceEasy } from "./replacement.ts";
import { budgetSize, type Rules } from "./rules.ts";
import type { Want } from "./selector.ts";
import { type Sifted, type Standing, sift } from "./sift.ts";

/** A selection; samples are named by their place in the evidence. */
export interface Outcome {
  readonly sifted: Sifted;
  readonly reasons: readonly DecisionReason[];
  readonly selected: ReadonlySet<number>;
  /** Easy sample → its replacement, and back. */
  readonly counterparts: ReadonlyMap<number, number>;
  /** Easy ones that stay because no candidate is left. */
  readonly unreplaced: ReadonlySet<number>;
  /** What candidates need before they can be admitted or not; else what a budget needs to cut among the survivors. */
  readonly wants: readonly Want[];
}

const REASONS: Readonly<Record<Standing, DecisionReason>> = {
  ungradable: "ungradable",
  unsampled: "incomplete",
  undecided: "incomplete",
  failed: "language-prior-biased",
  unattended: "incomplete",
  biased: "attention-biased",
  kept: "kept",
};

/**
 * Selects from what is known; on incomplete evidence the result is provisional.
 *
 *     S = kept − easy(kept) + S_hard,   cut or filled to the budget
 */
export function choose(evidence: readonly Evidence[], rules: Rules, attentionAvailable: boolean): Outcome {
  const sifted = sift(evidence, rules, attentionAvailable);
  const budget = budgetSize(evidence, rules);
  const replacement = replaceEasy(evidence, sifted, rules, budget);
  const cut = cutToBudget(evidence, sifted, replacement, rules, budget);
  const { selected } = cut;
  const failed = rules.options.without.includes("cde") ? "not-admitted" : REASONS.failed;
  const reasons = sifted.standings.map((standing, i) => {
    if (standing === "failed") return failed;
    return standing === "kept" && !selected.has(i) ? "over-budget" : REASONS[standing];
  });
  const counterparts = new Map<number, number>();
  for (const { easy, hard } of replacement.pairs) {
    reasons[easy] = "easy-replaced";
    reasons[hard] = selected.has(hard) ? "replacement" : "over-budget";
    counterparts.set(easy, hard).set(hard, easy);
  }
  for (const candidate of replacement.further) if (selected.has(candidate)) reasons[candidate] = "budget-fill";
  const wants = replacement.wants.length > 0 ? replacement.wants : cut.wants;
  return { sifted, reasons, selected, counterparts, unreplaced: replacement.unreplaced, wants };
}
