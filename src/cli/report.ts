import { join } from "node:path";
import { WinnowError } from "../errors.ts";
import { writeHtmlReport } from "../report/html/page.ts";
import { renderReport } from "../report/render-report.ts";
import { summariseRun } from "../report/summarise-run.ts";
import { renderTruth, tabulateTruth } from "../report/tabulate-truth.ts";
import { type ByRollouts, measureByRollouts } from "../stages/measure-by-rollouts.ts";
import type { Command } from "./command.ts";
import { OUTPUT_FLAGS } from "./config-flags.ts";
import { print } from "./print.ts";
import { renderByRollouts } from "./render-by-rollouts.ts";

const WANTED = "visual,easy,hard";

function reportByRollouts(directory: string, args: Readonly<Record<string, unknown>>): Promise<readonly ByRollouts[]> {
  if (args.truth === undefined) {
    throw new WinnowError("usage", "`--by-rollouts` needs `--truth FILE`: JSON lines of `id` and `cohort`.");
  }
  const wanted = ((args.wanted as string | undefined) ?? WANTED).split(",").map((name) => name.trim());
  return measureByRollouts(directory, args.truth as string, wanted);
}

export const reportCommand: Command = {
  name: "report",
  description: "The numbers of a run: funnel, histogram, rollouts taken and saved; or all of it as a page",
  args: {
    target: { type: "positional", description: "Run directory" },
    html: {
      type: "string",
      valueHint: "file",
      description: "Write the whole report as one HTML page: to FILE, or `report.html` in the run directory",
    },
    truth: {
      type: "string",
      valueHint: "file",
      description: "JSON lines of `id` and `cohort`: what became of each cohort",
    },
    "by-rollouts": {
      type: "boolean",
      description: "With --truth: precision and recall of every gate by M and threshold, from stored rollouts",
    },
    wanted: {
      type: "string",
      valueHint: "cohort,…",
      description: "Cohorts that should be kept; visual,easy,hard",
    },
    ...OUTPUT_FLAGS,
  },
  examples: [
    "winnow report runs/figures",
    "winnow report runs/figures --json",
    "winnow report runs/figures --html",
    "winnow report runs/figures --html figures.html",
    "winnow report runs/figures --truth examples/figures-truth.jsonl",
    "winnow report runs/figures --truth examples/figures-truth.jsonl --by-rollouts",
  ],
  async run(args) {
    const directory = args.target as string;
    if (args["by-rollouts"] === true) {
      const rows = await reportByRollouts(directory, args);
      print(args.json === true ? `${JSON.stringify(rows, null, 2)}\n` : renderByRollouts(rows));
      return;
    }
    const summary = await summariseRun(directory);
    const truth = args.truth === undefined ? undefined : await tabulateTruth(directory, args.truth as string);
    if (args.html !== undefined) {
      const path = args.html === "" ? join(directory, "report.html") : (args.html as string);
      await writeHtmlReport(summary, path);
      if (args.json !== true && truth === undefined) return print(`${path}\n`);
    }
    if (args.json === true) print(`${JSON.stringify({ ...summary, ...(truth && { cohorts: truth }) }, null, 2)}\n`);
    else print(truth === undefined ? renderReport(summary) : renderTruth(truth));
  },
};
