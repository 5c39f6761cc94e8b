import { type Config, pixelLimit } from "../config.ts";
import { hashText } from "../lib/hash-text.ts";
import { stableJson } from "../lib/stable-json.ts";
import type { ArmSettings } from "../runs/rollout-table.ts";

/**
 * The names of what rollouts were sampled under. With sample id, arm and index they make a
 * rollout's key, so rollouts of another model, prompt or sampling setting are never mixed in.
 * M is no part of it: more rollouts top up those that are there.
 */
export function nameSettings(
  config: Config,
  resolved: { readonly model: string; readonly formatPrompt: string; readonly maxTokens: number },
  datasetFingerprint: string,
): ArmSettings {
  const { temperature, topP, topK, seed } = config.sampling;
  const shared = { ...resolved, temperature, topP, topK, seed };
  const maxPixels = pixelLimit(config);
  const shown = { ...shared, ...(maxPixels !== undefined && { maxPixels }) };
  const { counterfactual } = config.prompt;
  // A mismatched image comes from the rest of the dataset; the other counterfactuals do not depend on it.
  const base = counterfactual === "drop" ? shared : shown;
  const text = { ...base, counterfactual, ...(counterfactual === "mismatch" && { donors: datasetFingerprint }) };
  return { image: hashText(stableJson(shown), 16), text: hashText(stableJson(text), 16) };
}

/** The name of what rollouts with the share `mask` of every image masked were sampled under, in (0, 1). */
export function nameMaskedSettings(settings: ArmSettings, mask: number): string {
  return hashText(stableJson({ image: settings.image, mask }), 16);
}
