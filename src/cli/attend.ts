import type { Command } from "./command.ts";
import { loadRun } from "./load-config.ts";
import { allRunFlags, runAndReport } from "./run-and-report.ts";

export const attendCommand: Command = {
  name: "attend",
  description: "Measure the attention a selection needs, topping up rollouts first; one stage of `run`",
  args: { target: { type: "positional", description: "Run directory" }, ...allRunFlags },
  examples: ["winnow attend runs/figures", "winnow attend runs/figures --heads max"],
  async run(args, signal) {
    const { config, directory } = await loadRun(args.target as string, args);
    await runAndReport(config, directory, args, signal, "attention");
  },
};
