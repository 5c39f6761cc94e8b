import type { Command } from "./command.ts";
import { loadConfig } from "./load-config.ts";
import { allRunFlags, runAndReport } from "./run-and-report.ts";

export const rolloutCommand: Command = {
  name: "rollout",
  description: "Take the rollouts a selection needs, and no more; one stage of `run`",
  args: {
    target: {
      type: "positional",
      description: "Dataset (file, folder, glob, hf:// address), configuration file, or run directory",
    },
    ...allRunFlags,
  },
  examples: ["winnow rollout examples/figures", "winnow rollout examples/figures --protocol full --out runs/full"],
  async run(args, signal) {
    const { config, directory } = await loadConfig(args.target as string, args);
    await runAndReport(config, directory, args, signal, "rollouts");
  },
};
