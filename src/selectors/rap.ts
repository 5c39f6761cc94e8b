import type { SelectionOptions } from "../config.ts";
import { newSampleScorer } from "../estimators/index.ts";
import type { Evidence } from "../records.ts";
import { choose as chooseByRap } from "./choose.ts";
import { newExplainer } from "./explain.ts";
import { planFully, planLazily, textToFollow, toNeeds } from "./plan-evidence.ts";
import { newRules } from "./rules.ts";
import type { Choice, Selector } from "./selector.ts";
import type { Standing } from "./sift.ts";
import type { TieOrder } from "./tie-order.ts";

/**
 * RAP, reasoning activation potential: the samples where the image matters (CDE), the model
 * does not lean on empty tokens (ACE), and the easy ones made room for hard ones (DRM).
 *
 *     S = kept − easy(kept) + S_hard
 *
 * `without` leaves parts out, for an ablation: without CDE a seeded draw of the same size stands in
 * for what it keeps. Source: RAP, arXiv 2506.04755; docs/selectors/rap.md.
 */
export function newRapSelector(options: SelectionOptions, tieOrder?: TieOrder): Selector {
  const rules = newRules(options, tieOrder);
  const scoreSample = newSampleScorer(options);
  const aceRuns = !options.without.includes("ace");
  const choose = (evidence: readonly Evidence[], hasAttention: boolean): Choice => {
    const attentionAvailable = hasAttention && aceRuns;
    const outcome = chooseByRap(evidence, rules, attentionAvailable);
    const { selected, reasons, sifted, counterparts } = outcome;
    const explain = newExplainer(rules, outcome);
    return {
      selected,
      reasons,
      sifted,
      counterparts,
      decisionAt: (place) => {
        const one = evidence[place]!;
        const score = scoreSample(one, attentionAvailable);
        const counterpart = counterparts.get(place);
        const other = counterpart === undefined ? undefined : evidence[counterpart]!.sampleId;
        return {
          sampleId: one.sampleId,
          selected: selected.has(place),
          reason: reasons[place]!,
          explanation: explain(one, place, score, other),
          ...passedGates(sifted.standings[place]!, attentionAvailable),
          ...(other !== undefined && { counterpart: other }),
          score,
        };
      },
      wants: () => planLazily(evidence, rules, outcome),
    };
  };
  return {
    name: "rap",
    traits: [],
    plan: (evidence, protocol, attentionAvailable) =>
      protocol === "full"
        ? planFully(evidence, attentionAvailable && aceRuns)
        : toNeeds(evidence, choose(evidence, attentionAvailable).wants()),
    follow: (one) => textToFollow(one, rules),
    choose,
    select: (evidence, attentionAvailable) => {
      const { decisionAt } = choose(evidence, attentionAvailable);
      return evidence.map((_, place) => decisionAt(place));
    },
  };
}

function passedGates(standing: Standing, aceRuns: boolean): { passedCde?: boolean; passedAce?: boolean } {
  switch (standing) {
    case "failed":
      return { passedCde: false };
    case "unattended":
      return { passedCde: true };
    case "biased":
      return { passedCde: true, passedAce: false };
    case "kept":
      return aceRuns ? { passedCde: true, passedAce: true } : { passedCde: true };
    default:
      return {};
  }
}
