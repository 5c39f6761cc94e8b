import type { Arm, Evidence } from "../records.ts";
import { cutToBudget } from "./budget.ts";
import { replaceEasy } from "./replacement.ts";
import { budgetSize, type Rules } from "./rules.ts";
import type { Need } from "./selector.ts";
import { sift } from "./sift.ts";
import { rolloutsToSettle } from "./text-arm.ts";

/**
 * The next wave of the lazy protocol, or nothing when the selected set is certain: the image
 * arm of every gradable sample; the text arm where it can still change CDE's verdict; attention
 * of those that passed; text arm (`guard`) and attention of as many candidates as are missing,
 * in rank order; D of the survivors where a budget cuts among them. Each wave asks for no more
 * than asking one at a time would come to. Ours (docs/method/lazy-protocol.md).
 */
export function planLazily(evidence: readonly Evidence[], rules: Rules, attentionAvailable: boolean): readonly Need[] {
  const image = needsOfArm(evidence, "image");
  if (image.length > 0) return image;
  const sifted = sift(evidence, rules, attentionAvailable);
  const text: Need[] = [];
  const attention: Need[] = [];
  for (const [i, one] of evidence.entries()) {
    const { sampleId, m } = one;
    const standing = sifted.standings[i];
    if (standing === "undecided") {
      text.push({ sampleId, what: "text", rollouts: rolloutsToSettle(one.text, m, rules.cdeCap(one)) });
    } else if (standing === "unattended") {
      attention.push({ sampleId, what: "attention", rollouts: 0 });
    }
  }
  if (text.length > 0) return text;
  if (attention.length > 0) return attention;
  const budget = budgetSize(evidence, rules);
  const replacement = replaceEasy(evidence, sifted, rules, budget);
  if (replacement.needs.length > 0) return replacement.needs;
  return cutToBudget(evidence, sifted, replacement, rules, budget).needs;
}

/** Both arms of every gradable sample whole, then the attention of all their with-image rollouts. */
export function planFully(evidence: readonly Evidence[], attentionAvailable: boolean): readonly Need[] {
  const needs = [...needsOfArm(evidence, "image"), ...needsOfArm(evidence, "text")];
  if (needs.length > 0 || !attentionAvailable) return needs;
  return evidence
    .filter(({ ungradable, logPsi }) => ungradable === undefined && (logPsi === undefined || logPsi.length === 0))
    .map(({ sampleId }) => ({ sampleId, what: "attention", rollouts: 0 }));
}

/** The rest of one arm of every gradable sample. */
export function needsOfArm(evidence: readonly Evidence[], arm: Arm): Need[] {
  return evidence
    .filter((one) => one.ungradable === undefined && one[arm].taken < one.m)
    .map((one) => ({ sampleId: one.sampleId, what: arm, rollouts: one.m - one[arm].taken }));
}
