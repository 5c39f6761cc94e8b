import type { SelectionOptions } from "../config.ts";
import { newSampleScorer } from "../estimators/index.ts";
import type { Decision } from "../records.ts";
import { choose } from "./choose.ts";
import { newExplainer } from "./explain.ts";
import { planFully, planLazily } from "./plan-evidence.ts";
import { newRules } from "./rules.ts";
import type { Selector } from "./selector.ts";
import type { Standing } from "./sift.ts";

/**
 * RAP, reasoning activation potential: the samples where the image matters (CDE), the model
 * does not lean on empty tokens (ACE), and the easy ones made room for hard ones (DRM).
 *
 *     S = kept − easy(kept) + S_hard
 *
 * `without` leaves parts out, for an ablation: without CDE a seeded draw of the same size stands in
 * for what it keeps. Source: RAP, arXiv 2506.04755; docs/selectors/rap.md.
 */
export function newRapSelector(options: SelectionOptions): Selector {
  const rules = newRules(options);
  const scoreSample = newSampleScorer(options);
  const aceRuns = !options.without.includes("ace");
  return {
    name: "rap",
    traits: [],
    plan: (evidence, protocol, attentionAvailable) =>
      protocol === "full"
        ? planFully(evidence, attentionAvailable && aceRuns)
        : planLazily(evidence, rules, attentionAvailable && aceRuns),
    choose: (evidence, attentionAvailable) => choose(evidence, rules, attentionAvailable && aceRuns).selected,
    select: (evidence, hasAttention) => {
      const attentionAvailable = hasAttention && aceRuns;
      const outcome = choose(evidence, rules, attentionAvailable);
      const explain = newExplainer(rules, outcome);
      return evidence.map((one, i): Decision => {
        const score = scoreSample(one, attentionAvailable);
        const counterpart = outcome.counterparts.get(i);
        const other = counterpart === undefined ? undefined : evidence[counterpart]!.sampleId;
        return {
          sampleId: one.sampleId,
          selected: outcome.selected.has(i),
          reason: outcome.reasons[i]!,
          explanation: explain(one, i, score, other),
          ...passedGates(outcome.sifted.standings[i]!, attentionAvailable),
          ...(other !== undefined && { counterpart: other }),
          score,
        };
      });
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
