import { performance } from "node:perf_hooks";
import type { Config } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { type ExportReport, exportRequests } from "../stages/export-requests.ts";
import { parseArm } from "../stages/import-rollouts.ts";
import { SILENT } from "../stages/progress.ts";
import { chooseImported } from "./choose-imported.ts";
import type { Command } from "./command.ts";
import { EXPORT_TO_FLAGS, exportTo } from "./export-to.ts";
import { loadConfig } from "./load-config.ts";
import { print } from "./print.ts";
import { ProgressBar } from "./progress-bar.ts";
import { allRunFlags } from "./run-and-report.ts";

export const exportCommand: Command = {
  name: "export",
  description: "Write a run's samples for another trainer, or requests for rollouts that are taken elsewhere",
  args: {
    target: {
      type: "positional",
      description: "Dataset (file, folder, glob, hf:// address), configuration file, or run directory",
    },
    ...EXPORT_TO_FLAGS,
    requests: { type: "string", valueHint: "file", description: "JSON lines to write, a request each" },
    arm: { type: "string", valueHint: "arm", description: "image or text alone; both when absent" },
    wave: { type: "boolean", description: "Only what the selection needs next, not all that is missing" },
    for: { type: "string", valueHint: "server", description: "vllm (default), or openai: without vLLM's own fields" },
    ...allRunFlags,
  },
  examples: [
    "winnow export runs/mine --to easyr1     # the selected samples and a recipe, in runs/mine/easyr1",
    "winnow export runs/mine --to trl --into data/trl --which control",
    "winnow export train.parquet --requests requests.jsonl --model Qwen/Qwen2.5-VL-7B-Instruct --out runs/mine",
    "winnow export runs/mine --requests more.jsonl     # what is still missing after `winnow import runs/mine answers.jsonl`",
    "winnow export runs/mine --requests next.jsonl --wave     # only what the selection still needs",
  ],
  async run(args, signal) {
    if (args.to !== undefined) return await exportTo(args, signal);
    if (args.requests === undefined) {
      throw new WinnowError(
        "usage",
        "`winnow export` needs `--to TRAINER` (whom a run's samples are written for) or `--requests FILE` (where requests are written).",
      );
    }
    if (args.into !== undefined || args.which !== undefined) {
      throw new WinnowError("usage", "`--into` and `--which` go with `--to TRAINER`, not with `--requests`.");
    }
    const { config, directory } = await loadConfig(args.target as string, args);
    const arm = parseArm(args.arm as string | undefined);
    const progress = args.quiet === true ? SILENT : new ProgressBar(process.stderr, () => performance.now());
    const report = await exportRequests(declareModel(config), directory, args.requests as string, {
      ...(arm && { arm }),
      wave: args.wave === true,
      server: readServer(args.for as string | undefined),
      progress,
      signal,
    });
    print(args.json === true ? `${JSON.stringify(report, null, 2)}\n` : renderExport(report));
  },
};

/** Answers come back as those of the model and prompt that were asked for, so both are said here. */
function declareModel(config: Config): Config {
  const chosen = chooseImported(config);
  if (chosen.backend !== "imported") return chosen;
  if (chosen.model !== undefined) {
    return { ...chosen, prompt: { ...chosen.prompt, format: chosen.prompt.format ?? "think-boxed" } };
  }
  throw new WinnowError("usage", "`winnow export` needs `--model NAME`: the name the server gives the model.");
}

function readServer(name = "vllm"): "vllm" | "openai" {
  if (name === "vllm" || name === "openai") return name;
  throw new WinnowError("usage", `\`--for\`: expected vllm or openai; found \`${name}\`.`);
}

function renderExport({ run, file, bytes, requests, rollouts }: ExportReport): string {
  if (file === null) return `\n  Nothing is missing in ${run}; no file was written.\n\n`;
  const count = (value: number): string => value.toLocaleString("en");
  return `
  requests   ${count(requests.image)} with the image (${count(rollouts.image)} rollouts), ${count(requests.text)} without (${count(rollouts.text)})
  file       ${file} (${count(Math.ceil(bytes / 1e6))} MB)
  next       answer them, then winnow import ${run} ANSWERS.jsonl

`;
}
