import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import type { Config } from "../config.ts";
import { PSI_PRESETS, pixelLimit } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { newColumnScorer } from "../estimators/index.ts";
import { openConfiguredGrader } from "../graders/open-configured-grader.ts";
import { resolveFormatPrompt } from "../prompts/format-prompt.ts";
import { estimateTokens, type PromptSize, type TokenEstimate } from "../stages/estimate-tokens.ts";
import { type DatasetExamination, examineDataset } from "../stages/examine-dataset.ts";
import { examineFleet, type ServerExamination } from "../stages/examine-fleet.ts";
import { examineModel, type ModelExamination } from "../stages/examine-model.ts";
import { openConfiguredDataset } from "../stages/open-configured-dataset.ts";
import { openParts } from "../stages/open-parts.ts";
import { SILENT } from "../stages/progress.ts";
import type { Command } from "./command.ts";
import { toArgs } from "./config-flag.ts";
import { DATASET_FLAGS, GRADING_FLAGS, OUTPUT_FLAGS, ROLLOUT_FLAGS } from "./config-flags.ts";
import { loadConfig } from "./load-config.ts";
import { print } from "./print.ts";
import { ProgressBar } from "./progress-bar.ts";

/** Samples the model is asked. */
const ASKED = 8;

/** Ungradable ground truths shown to people; `--json` lists all. */
const SHOWN = 20;

/** One line of the doctor's findings. */
interface Finding {
  readonly check: string;
  readonly ok: boolean;
  /** True: worth knowing, and no reason to fail. */
  readonly warning?: boolean;
  readonly detail: string;
}

export const doctorCommand: Command = {
  name: "doctor",
  description: "Check dataset, ground truths, model and attention before a rollout is paid for",
  args: {
    target: {
      type: "positional",
      description: "Dataset (file, folder, glob, hf:// address), configuration file, or run directory",
    },
    out: { type: "string", valueHint: "dir", description: "Run directory that the run will use" },
    ...toArgs(DATASET_FLAGS),
    ...toArgs(ROLLOUT_FLAGS),
    ...toArgs(GRADING_FLAGS),
    ...OUTPUT_FLAGS,
  },
  examples: [
    "winnow doctor examples/figures",
    "winnow doctor train.jsonl --answer solution --json",
    "winnow doctor train.parquet --base-url http://gpu1:8000/v1",
  ],
  async run(args, signal) {
    const { config, directory } = await loadConfig(args.target as string, args);
    const progress = args.quiet === true ? SILENT : new ProgressBar(process.stderr, () => performance.now());
    const { examination: dataset, sizes } = await examineDatasetOf(config, progress, signal);
    const findings = [
      ...describeDataset(dataset, config.maxRejected),
      await checkWritable(directory),
      ...describeFleet(await examineFleet(config, { signal })),
      ...(await attempt("model", () => checkModel(config, sizes, signal))),
    ];
    const failed = findings.filter((finding) => !finding.ok && finding.warning !== true);
    if (args.json === true) print(`${JSON.stringify({ ok: failed.length === 0, findings, dataset }, null, 2)}\n`);
    else print(render(findings, dataset));
    if (failed.length > 0) {
      throw new WinnowError(
        "input",
        `${failed.length} of ${findings.length} checks failed: ${failed.map((f) => f.check).join(", ")}.`,
      );
    }
  },
};

async function examineDatasetOf(
  config: Config,
  progress: typeof SILENT,
  signal: AbortSignal,
): ReturnType<typeof examineDataset> {
  await using dataset = await openConfiguredDataset(config, { progress, signal });
  await using grader = await openConfiguredGrader(config.grading);
  return await examineDataset(dataset, grader, { progress, maxPixels: pixelLimit(config), signal });
}

function describeDataset(dataset: DatasetExamination, maxRejected: number): Finding[] {
  const rejected = Object.values(dataset.rejected).reduce((sum, n) => sum + n, 0);
  const codes = Object.entries(dataset.rejected).map(([code, n]) => `${code} ${n}`);
  const kinds = Object.entries(dataset.kinds).sort((a, b) => b[1] - a[1]);
  const { p50, p90, p99, max } = dataset.pixels;
  return [
    {
      check: "dataset",
      ok: dataset.usable > 0 && rejected <= maxRejected * dataset.rows,
      detail: `${dataset.usable} of ${dataset.rows} rows usable (${dataset.dialect}), ${rejected} rejected${rejected ? ` (${codes.join(", ")})` : ""}`,
    },
    {
      check: "duplicates",
      ok: dataset.duplicates === 0,
      warning: true,
      detail:
        dataset.duplicates === 0 ? "none" : `${dataset.duplicates} rows repeat an earlier one and will share its fate`,
    },
    {
      check: "ground truths",
      ok: dataset.ungradable.length === 0,
      warning: true,
      detail: `${kinds.map(([kind, n]) => `${kind} ${n}`).join(", ")}; ${dataset.ungradable.length} ungradable (never selected)`,
    },
    {
      check: "images",
      ok: true,
      detail: `${dataset.images} images; pixels p50 ${p50}, p90 ${p90}, p99 ${p99}, max ${max}`,
    },
    ...(dataset.turned === 0
      ? []
      : [
          {
            check: "rotation",
            ok: false,
            warning: true,
            detail: `${dataset.turned} images are stored turned or mirrored (EXIF); many servers show them as stored`,
          },
        ]),
  ];
}

async function checkWritable(directory: string): Promise<Finding> {
  let at = resolve(directory);
  for (;;) {
    try {
      await access(at, constants.W_OK);
      return { check: "run directory", ok: true, detail: `${directory} can be written` };
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
      if (!missing || dirname(at) === at)
        return { check: "run directory", ok: false, detail: (error as Error).message };
      at = dirname(at);
    }
  }
}

function describeFleet(servers: readonly ServerExamination[]): Finding[] {
  const some = servers.some((server) => server.models !== undefined);
  return servers.map(({ url, models, trouble }) => ({
    check: "server",
    ok: models !== undefined,
    warning: some,
    detail: models === undefined ? `${url}: ${trouble}` : `${url} serves ${models.join(", ") || "nothing"}`,
  }));
}

async function checkModel(config: Config, sizes: readonly PromptSize[], signal: AbortSignal): Promise<Finding[]> {
  await using parts = await openParts(config);
  const { backend, attention, maxTokens } = parts;
  const formatPrompt = resolveFormatPrompt(parts.formatPrompt);
  const model = await examineModel(parts.dataset, backend, attention, {
    formatPrompt,
    sampling: { ...config.sampling, maxTokens },
    samples: ASKED,
    scoring: { optionSets: PSI_PRESETS, newScorer: () => newColumnScorer(PSI_PRESETS) },
    maxPixels: pixelLimit(config),
    signal,
  });
  const answered = model.asked - model.refused.length > 0;
  const whole = sizes.map((size) => ({ ...size, bytes: size.bytes + Buffer.byteLength(formatPrompt) }));
  const tokens = estimateTokens(whole, model.counted, backend.contextLength - maxTokens);
  return [
    {
      check: "model",
      ok: answered,
      detail: answered ? `${backend.model.name} answers` : (model.refused[0] ?? "no sample to ask"),
    },
    {
      check: "sight",
      ok: answered && model.imageTokens > 0 && model.extraTokens > 0,
      detail: answered ? `at least ${model.imageTokens} image tokens in each prompt` : "not checked",
    },
    ...(answered ? [describeLengths(tokens, sizes.length, maxTokens, backend.contextLength)] : []),
    {
      check: "token limit",
      ok: model.truncated === 0,
      warning: true,
      detail: `${model.truncated} of ${model.asked} responses cut off at ${maxTokens} tokens`,
    },
    {
      check: "attention",
      ok: (model.attended ?? 0) > 0 && !model.tokenMismatches,
      warning: true,
      detail: describeAttention(model),
    },
  ];
}

function describeLengths(
  { p50, p90, p99, max, over }: TokenEstimate,
  prompts: number,
  maxTokens: number,
  context: number,
): Finding {
  const about = `about p50 ${p50}, p90 ${p90}, p99 ${p99}, max ${max} tokens, and a response of up to ${maxTokens}`;
  const taken = Number.isFinite(context) ? `; the model takes ${context} together` : "";
  const long = over > 0 ? `: some ${over} of ${prompts} prompts leave too little room for it` : "";
  return { check: "prompt length", ok: over === 0, warning: true, detail: `${about}${taken}${long}` };
}

function describeAttention({ attended, tokenMismatches }: ModelExamination): string {
  if (attended === undefined) return "none: ACE will not run";
  const mismatches = tokenMismatches
    ? `, ${tokenMismatches} over other tokens than were sampled (docs/attention/worker.md)`
    : "";
  return `read for ${attended} responses${mismatches}`;
}

async function attempt(check: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WinnowError)) throw error;
    return [{ check, ok: false, detail: error.message }];
  }
}

function render(findings: readonly Finding[], dataset: DatasetExamination): string {
  const lines = findings.map(
    ({ check, ok, warning, detail }) => `  ${ok ? "ok  " : warning ? "note" : "FAIL"}  ${check.padEnd(14)} ${detail}`,
  );
  const rejected = dataset.rejectedExamples.map(
    ({ source, code, reason }) => `  ${source.file}, row ${source.row}: ${code}: ${reason}`,
  );
  const ungradable = dataset.ungradable
    .slice(0, SHOWN)
    .map(({ sample, groundTruth, reason }) => `  ${sample}: ${JSON.stringify(groundTruth)}: ${reason}`);
  const hidden = dataset.ungradable.length - ungradable.length;
  const more = hidden > 0 ? [`  and ${hidden} more; --json lists all`] : [];
  return [
    ...lines,
    ...(rejected.length > 0 ? ["", "Rejected, for example:", ...rejected] : []),
    ...(ungradable.length > 0 ? ["", "Ungradable:", ...ungradable, ...more] : []),
    "",
  ].join("\n");
}
