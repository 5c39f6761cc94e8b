import { renderReport } from "../report/render-report.ts";
import { summariseRun } from "../report/summarise-run.ts";
import type { Command } from "./command.ts";
import { OUTPUT_FLAGS } from "./config-flags.ts";
import { print } from "./print.ts";

export const reportCommand: Command = {
  name: "report",
  description: "The numbers of a run: funnel, rollouts taken and saved, where things are",
  args: { target: { type: "positional", description: "Run directory" }, ...OUTPUT_FLAGS },
  examples: ["winnow report runs/figures", "winnow report runs/figures --json"],
  async run(args) {
    const summary = await summariseRun(args.target as string);
    print(args.json === true ? `${JSON.stringify(summary, null, 2)}\n` : renderReport(summary));
  },
};
