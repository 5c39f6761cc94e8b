import type { DecisionReason } from "../../src/records.ts";
import type { RunInfo } from "../../src/view/protocol.ts";

/** Short names of the reasons, as the table shows them. */
export const REASON_NAMES: Readonly<Record<DecisionReason, string>> = {
  kept: "kept",
  replacement: "replacement",
  "budget-fill": "fills budget",
  "easy-replaced": "easy, replaced",
  "over-budget": "over budget",
  "not-admitted": "not admitted",
  "attention-biased": "attention",
  "language-prior-biased": "language prior",
  ungradable: "ungradable",
  incomplete: "incomplete",
};

/** What each reason means, in a sentence. */
export const REASON_MEANINGS: Readonly<Record<DecisionReason, string>> = {
  kept: "Selected: the image makes the difference and no empty token holds the attention.",
  replacement: "Selected by DRM: hard, sometimes solved; it takes the place of an easy sample.",
  "budget-fill": "Selected by DRM: hard, sometimes solved; it fills the budget.",
  "easy-replaced": "Came through both gates, but was right every time; a harder sample took its place.",
  "over-budget": "Would have been selected, but ranks beyond the budget.",
  "not-admitted": "The method does not take a sample like this.",
  "attention-biased": "Dropped by ACE: attention rests on one token.",
  "language-prior-biased": "Dropped by CDE: the image makes too little difference.",
  ungradable: "Its ground truth cannot be graded, so it is never selected.",
  incomplete: "Not decided: more rollouts, or its attention, are needed.",
};

const whole = new Intl.NumberFormat("en");

/** A count with its thousands apart. */
export function count(value: number): string {
  return whole.format(value);
}

/** A share of a whole as a percentage; a dash without a whole. */
export function percent(part: number, all: number): string {
  return all === 0 ? "–" : `${((100 * part) / all).toFixed(1)} %`;
}

/** A count with its noun in the right number. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A score for people: three digits that matter, or a power of ten. */
export function showScore(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (value === 0 || (Math.abs(value) >= 0.001 && Math.abs(value) < 1000)) return String(Number(value.toPrecision(3)));
  return value.toExponential(1).replace("e", "·10^").replace("^+", "^");
}

/** What a run is called beside others: its folder's name, or its path where two have the same. */
export function nameRun(run: RunInfo, runs: readonly RunInfo[]): string {
  return runs.some((other) => other !== run && other.name === run.name) ? run.path : run.name;
}
