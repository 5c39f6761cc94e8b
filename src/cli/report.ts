import { renderReport } from "../report/render-report.ts";
import { summariseRun } from "../report/summarise-run.ts";
import { renderTruth, tabulateTruth } from "../report/tabulate-truth.ts";
import type { Command } from "./command.ts";
import { OUTPUT_FLAGS } from "./config-flags.ts";
import { print } from "./print.ts";

export const reportCommand: Command = {
  name: "report",
  description: "The numbers of a run: funnel, rollouts taken and saved, where things are",
  args: {
    target: { type: "positional", description: "Run directory" },
    truth: {
      type: "string",
      valueHint: "file",
      description: "JSON lines of `id` and `cohort`: what became of each cohort",
    },
    ...OUTPUT_FLAGS,
  },
  examples: [
    "winnow report runs/figures",
    "winnow report runs/figures --json",
    "winnow report runs/figures --truth examples/figures-truth.jsonl",
  ],
  async run(args) {
    const directory = args.target as string;
    const summary = await summariseRun(directory);
    const truth = args.truth === undefined ? undefined : await tabulateTruth(directory, args.truth as string);
    if (args.json === true) print(`${JSON.stringify({ ...summary, ...(truth && { cohorts: truth }) }, null, 2)}\n`);
    else print(truth === undefined ? renderReport(summary) : renderTruth(truth));
  },
};
