import type { Command } from "./command.ts";
import { loadConfig } from "./load-config.ts";
import { allRunFlags, runAndReport } from "./run-and-report.ts";

export const runCommand: Command = {
  name: "run",
  description: "Score a dataset with a model and write the subset worth training on; resumes",
  args: {
    target: {
      type: "positional",
      description: "Dataset (file, folder, glob, hf:// address), configuration file, or run directory",
    },
    ...allRunFlags,
  },
  examples: [
    "winnow run examples/figures",
    "winnow run train.parquet --answer ground_truth --out runs/mine",
    "winnow run hf://datasets/owner/name@v1.0 --split train",
    "winnow run winnow.yaml --budget 10%",
    "winnow run runs/figures            # go on where it stopped",
  ],
  async run(args, signal) {
    const { config, directory } = await loadConfig(args.target as string, args);
    await runAndReport(config, directory, args, signal, "subset");
  },
};
