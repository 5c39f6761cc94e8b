import type { ArmCounts } from "../records.ts";

/** What the text arm says so far about "at most `cap` of its M rollouts are right". */
export type TextVerdict = "passed" | "failed" | "open";

/**
 * Every rule on the text arm (CDE's two gates, the guard of DRM) has this shape: it passes iff
 * c₀ ≤ cap once all `m` rollouts are there, because each right answer without the image only
 * weakens the case for the image. `passed` and `failed`: no continuation can change it.
 * `cap` may lie below 0 (always fails) or at `m` or above (always passes).
 */
export function textVerdict(text: ArmCounts, m: number, cap: number): TextVerdict {
  if (text.correct > cap) return "failed";
  return text.correct + (m - text.taken) <= cap ? "passed" : "open";
}

/**
 * The smallest number of further text-arm rollouts that could settle the verdict; 0 when it is
 * settled. Failing takes `cap − c₀ + 1` right ones, passing takes enough wrong ones that the
 * rest cannot exceed the cap. So a wave of this size takes no rollout that stopping after every
 * single one would have spared.
 */
export function rolloutsToSettle(text: ArmCounts, m: number, cap: number): number {
  if (textVerdict(text, m, cap) !== "open") return 0;
  const margin = cap - text.correct;
  return Math.min(margin + 1, m - text.taken - margin);
}
