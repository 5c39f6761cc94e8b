import { performance } from "node:perf_hooks";
import { importRollouts, parseArm } from "../stages/import-rollouts.ts";
import { SILENT } from "../stages/progress.ts";
import { chooseImported } from "./choose-imported.ts";
import type { Command } from "./command.ts";
import { loadConfig } from "./load-config.ts";
import { print } from "./print.ts";
import { ProgressBar } from "./progress-bar.ts";
import { renderImport } from "./render-import.ts";
import { allRunFlags } from "./run-and-report.ts";

export const importCommand: Command = {
  name: "import",
  description: "Take rollouts somebody already has, from the logs of trainers, evaluators and batch servers",
  args: {
    target: {
      type: "positional",
      description: "Dataset (file, folder, glob, hf:// address), configuration file, or run directory",
    },
    log: { type: "positional", description: "Log file, or a folder of them" },
    layout: { type: "string", valueHint: "name", description: "Layout of the logs; detected (docs/imports/index.md)" },
    arm: {
      type: "string",
      valueHint: "arm",
      description: "image or text: whether the responses were given with the image, where the log does not say",
    },
    "all-steps": {
      type: "boolean",
      description: "Take every training step, not just the first that has a sample (the model moves on between them)",
    },
    ...allRunFlags,
  },
  examples: [
    "winnow import train.parquet image.json --out runs/rap     # the official RAP code's logs, arm by name",
    "winnow import runs/rap txt.json",
    "winnow import train.parquet rollouts/ --arm image --out runs/verl --model Qwen2.5-VL-7B --prompt think-boxed",
    "winnow import runs/rap txt.json --correct-iff 'reward >= 1'",
    "winnow import runs/mine answers.jsonl     # answers to `winnow export --requests`",
  ],
  async run(args, signal) {
    const loaded = await loadConfig(args.target as string, args);
    const arm = parseArm(args.arm as string | undefined);
    const progress = args.quiet === true ? SILENT : new ProgressBar(process.stderr, () => performance.now());
    const report = await importRollouts(chooseImported(loaded.config), loaded.directory, args.log as string, {
      ...(args.layout !== undefined && { layout: args.layout as string }),
      ...(arm && { arm }),
      allSteps: args["all-steps"] === true,
      fixedRollouts: args.rollouts !== undefined,
      progress,
      signal,
    });
    print(args.json === true ? `${JSON.stringify(report, null, 2)}\n` : renderImport(report));
  },
};
