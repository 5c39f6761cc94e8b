import type { Arm, Evidence } from "../records.ts";
import type { Outcome } from "./choose.ts";
import type { Rules } from "./rules.ts";
import type { Need, Want } from "./selector.ts";
import { rolloutsToSettle } from "./text-arm.ts";

/**
 * The next wave of the lazy protocol, or nothing when the selected set is certain: the image
 * arm of every gradable sample; the text arm where it can still change CDE's verdict; attention
 * of those that passed; text arm (`guard`) and attention of as many candidates as are missing,
 * in rank order; D of the survivors where a budget cuts among them. Each wave asks for no more
 * than asking one at a time would come to. `outcome`: what `choose` made of the evidence. Ours
 * (docs/method/lazy-protocol.md).
 */
export function planLazily(evidence: readonly Evidence[], rules: Rules, { sifted, wants }: Outcome): readonly Want[] {
  const image = wantsOfArm(evidence, "image");
  if (image.length > 0) return image;
  const text: Want[] = [];
  const attention: Want[] = [];
  for (const [place, standing] of sifted.standings.entries()) {
    if (standing === "undecided") {
      const one = evidence[place]!;
      text.push({ place, what: "text", rollouts: rolloutsToSettle(one.text, one.m, rules.cdeCap(one)) });
    } else if (standing === "unattended") {
      attention.push({ place, what: "attention", rollouts: 0 });
    }
  }
  if (text.length > 0) return text;
  return attention.length > 0 ? attention : wants;
}

/** How many text-only rollouts more could settle CDE's verdict on a sample; 0 when it is settled, or not asked for. */
export function textToFollow(one: Evidence, rules: Rules): number {
  if (one.ungradable !== undefined || one.image.taken < one.m || rules.options.without.includes("cde")) return 0;
  return rolloutsToSettle(one.text, one.m, rules.cdeCap(one));
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
  return toNeeds(evidence, wantsOfArm(evidence, arm));
}

/** Wants under the samples' ids. */
export function toNeeds(evidence: readonly Evidence[], wants: readonly Want[]): Need[] {
  return wants.map(({ place, what, rollouts }) => ({ sampleId: evidence[place]!.sampleId, what, rollouts }));
}

/** The rest of one arm of every gradable sample, by place. */
export function wantsOfArm(evidence: readonly Evidence[], arm: Arm): Want[] {
  const wants: Want[] = [];
  for (const [place, one] of evidence.entries()) {
    const rollouts = one.m - one[arm].taken;
    if (one.ungradable === undefined && rollouts > 0) wants.push({ place, what: arm, rollouts });
  }
  return wants;
}
