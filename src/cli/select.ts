import type { Command } from "./command.ts";
import { loadRun } from "./load-config.ts";
import { runAndReport, selectFlags } from "./run-and-report.ts";

export const selectCommand: Command = {
  name: "select",
  description: "Select again with other thresholds, taking only the rollouts they newly need",
  args: { target: { type: "positional", description: "Run directory" }, ...selectFlags },
  examples: [
    "winnow select runs/figures --preset robust",
    "winnow select runs/figures --lambda-c 0.6 --budget 10%",
    "winnow select runs/figures --lambda-a q90 --guard",
  ],
  async run(args, signal) {
    const { config, directory } = await loadRun(args.target as string, args);
    await runAndReport(config, directory, args, signal, "subset");
  },
};
