import type { RunSummary } from "./summarise-run.ts";

/** How many samples passed each gate, in the order of the gates, with the gate's condition. */
export function gateSteps(summary: RunSummary): readonly (readonly [string, number])[] {
  const { method, gates, passedCde, passedAce, aceRan, selected, reasons } = summary;
  if (method !== "rap") return [[`admitted by ${method}`, selected + (reasons["over-budget"] ?? 0)]];
  const ace: readonly [string, number] = [`passed ACE: ${gates.ace}`, passedAce];
  return [[`passed CDE: ${gates.cde}`, passedCde], ...(aceRan ? [ace] : [])];
}
