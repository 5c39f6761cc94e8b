import { relative } from "node:path";
import { drawHistogram } from "./draw-histogram.ts";
import { count, percent } from "./format-quantity.ts";
import type { RunSummary } from "./summarise-run.ts";

const BAR_WIDTH = 30;

/**
 * The report for people: the funnel, what it took, where things are, what to try next. `explain`
 * says why there is no subset; false where an error says it anyway.
 */
export function renderReport(summary: RunSummary, explain = true): string {
  const { rollouts } = summary;
  const taken = rollouts.image + rollouts.text + rollouts.masked;
  const unfinished = summary.state !== "done";
  const emptiness = unfinished || !explain ? undefined : explainEmptySubset(summary);
  const lines = [
    "",
    ...(unfinished ? [`  This run is not finished (${summary.state}); this is how far it came.`, ""] : []),
    ...(unfinished ? [step("samples", summary.samples, summary)] : funnel(summary)),
    ...(unfinished ? [] : histogram(summary)),
    ...(emptiness === undefined ? [] : ["", `  ${emptiness}`]),
    "",
    field(
      "rollouts",
      `${count(taken)} taken (${count(rollouts.image)} with the image, ${count(rollouts.text)} without)`,
    ),
    ...(unfinished
      ? []
      : [
          field(
            "",
            `${count(rollouts.saved)} saved (${percent(rollouts.saved, taken - rollouts.masked + rollouts.saved)} of all)`,
          ),
        ]),
    ...(rollouts.masked > 0 ? [field("", `${count(rollouts.masked)} with the image masked in part`)] : []),
    ...(rollouts.truncated > 0
      ? [field("", `${count(rollouts.truncated)} cut off at the token limit, counted as wrong`)]
      : []),
    ...(rollouts.uncounted > 0 ? [field("", `${count(rollouts.uncounted)} imported without token counts`)] : []),
    field("attention", summary.aceRan ? `read for ${count(summary.attended)} samples` : "not read: ACE did not run"),
    ...(summary.tokenMismatches > 0
      ? [field("", `${count(summary.tokenMismatches)} responses read over other tokens than were sampled`)]
      : []),
    ...(summary.stability === null
      ? []
      : [field("re-run", `would select ${percent(summary.stability, 1)} of these again (bootstrap)`)]),
    field(
      "rows",
      `${count(summary.rejected)} rejected, ${count(summary.duplicates)} repeated, ${count(summary.ungradable)} ungradable`,
    ),
    field("time", describeTime(summary.seconds)),
    "",
    field("subset", summary.subset === null ? "none written" : shorten(summary.subset)),
    ...(summary.control === null ? [] : renderControl(summary.control)),
    ...(summary.scores === null ? [] : [field("scores", shorten(summary.scores))]),
    field("run", shorten(summary.run)),
    field("next", nextCommand(summary)),
    "",
  ];
  return `${lines.join("\n")}\n`;
}

function renderControl({ path, samples, overlap, mix }: NonNullable<RunSummary["control"]>): string[] {
  const width = Math.max(...mix.map(({ kind }) => kind.length));
  const kinds = mix.filter(({ subset, control }) => subset + control > 0);
  return [
    field("control", `${shorten(path)}: ${count(samples)} drawn at random, ${count(overlap)} of them selected too`),
    ...kinds.map(({ kind, all, subset, control }) =>
      field("", `${kind.padEnd(width)}  ${count(control)} (subset ${count(subset)}, of ${count(all)} in all)`),
    ),
  ];
}

/** Why there is no subset, and which gate did it; `undefined` when there is one. */
export function explainEmptySubset(summary: RunSummary): string | undefined {
  if (summary.subset !== null) return undefined;
  if (summary.samples === 0) return "There is no usable sample; `rejected.jsonl` in the run directory says why.";
  return `${summary.extreme ?? "No subset was written."} The run directory holds no subset now: change the threshold, or pass --allow-empty to write it all the same.`;
}

function funnel(summary: RunSummary): string[] {
  const { samples, passedCde, passedAce, easy, easyReplaced, selected, gates, method } = summary;
  if (method !== "rap") {
    const admitted = selected + (summary.reasons["over-budget"] ?? 0);
    return [
      step("samples", samples, summary),
      step(`admitted by ${method}`, admitted, summary),
      step("selected", selected, summary),
    ];
  }
  return [
    step("samples", samples, summary),
    step(`passed CDE: ${gates.cde}`, passedCde, summary),
    step(summary.aceRan ? `passed ACE: ${gates.ace}` : "ACE did not run", passedAce, summary),
    `  ${"easy ones replaced".padEnd(34)} ${`${count(easyReplaced)} of ${count(easy)}`.padStart(9)}`,
    step("selected", selected, summary),
  ];
}

/** How D lies around λ_c; where text arms stopped early, with what it can be at most. */
function histogram({ distributions, gates }: RunSummary): string[] {
  const lines = drawHistogram(distributions.discrepancy, gates.lambdaC);
  return lines.length === 0 ? [] : ["", ...lines];
}

/** One line of the funnel, with its share of all samples as a bar. */
function step(label: string, value: number, { samples }: RunSummary): string {
  const bar = "█".repeat(samples === 0 ? 0 : Math.max(value > 0 ? 1 : 0, Math.round((BAR_WIDTH * value) / samples)));
  return `  ${label.padEnd(34)} ${count(value).padStart(9)}  ${percent(value, samples).padStart(7)}  ${bar}`;
}

function nextCommand(summary: RunSummary): string {
  const run = shorten(summary.run);
  if (summary.state !== "done") return `winnow run ${run}`;
  if (summary.method !== "rap") return `winnow select ${run} --method rap`;
  return summary.preset === "paper" ? `winnow select ${run} --preset robust` : `winnow select ${run} --budget 10%`;
}

function describeTime(seconds: Readonly<Record<string, number>>): string {
  const stages = Object.entries(seconds).filter(([, value]) => value >= 0.05);
  const total = stages.reduce((sum, [, value]) => sum + value, 0);
  return `${total.toFixed(1)} s (${stages.map(([stage, value]) => `${stage} ${value.toFixed(1)}`).join(", ")})`;
}

function field(name: string, value: string): string {
  return `  ${name.padEnd(10)} ${value}`;
}

/** Relative to where the user stands, when that is shorter. */
function shorten(path: string): string {
  const near = relative(process.cwd(), path);
  return near !== "" && near.length < path.length ? near : path;
}
