import type { ArmCounts, Evidence, MaskedCounts } from "../records.ts";
import { needsOfArm } from "../selectors/plan-evidence.ts";
import type { Need, Protocol } from "../selectors/selector.ts";
import { type GatherContext, gather } from "./gather.ts";
import { loadLedger } from "./load-ledger.ts";

/**
 * Takes the rollouts of further text arms in which a share of the sample's own image is masked, M a
 * sample and share, under settings of their own, and counts them. With the lazy protocol a sample
 * that is never right with its whole image is left out: masking cannot make it depend on it.
 */
export async function gatherMasked(
  context: GatherContext,
  masks: readonly { readonly share: number; readonly settings: string }[],
): Promise<ReadonlyMap<string, readonly MaskedCounts[]>> {
  const { run, ledger, plan, parts, psiName, progress, signal } = context;
  const counts = new Map<string, MaskedCounts[]>();
  for (const { share, settings: text } of masks) {
    const settings = { image: plan.settings.image, text };
    const masked = await loadLedger(run, ledger.samples, ledger.m, settings, parts.grader, psiName, progress);
    const selector = { plan: planMaskedArm };
    const arm = { ...plan, settings, counterfactual: { mask: share } };
    await gather({ ...context, ledger: masked, selector, plan: arm }, false);
    if (signal?.aborted) return counts;
    for (const one of masked.evidence()) {
      if (one.text.taken < one.m) continue;
      counts.set(one.sampleId, [...(counts.get(one.sampleId) ?? []), { share, counts: one.text }]);
    }
  }
  return counts;
}

function planMaskedArm(evidence: readonly Evidence[], protocol: Protocol): readonly Need[] {
  const dependsOnImage = ({ correct }: ArmCounts): boolean => correct > 0;
  return needsOfArm(protocol === "full" ? evidence : evidence.filter(({ image }) => dependsOnImage(image)), "text");
}
