import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { ArgsDef } from "citty";
import type { Config } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { type PipelineOptions, runPipeline, type Until } from "../pipeline.ts";
import { writeHtmlReport } from "../report/html/page.ts";
import { explainEmptySubset, renderReport } from "../report/render-report.ts";
import { summariseRun } from "../report/summarise-run.ts";
import { SILENT } from "../stages/progress.ts";
import { toArgs } from "./config-flag.ts";
import { DATASET_FLAGS, GRADING_FLAGS, OUTPUT_FLAGS, ROLLOUT_FLAGS, SELECTION_FLAGS } from "./config-flags.ts";
import { print } from "./print.ts";
import { ProgressBar } from "./progress-bar.ts";

/** Every flag of a command that may do the whole of a run. */
export const allRunFlags: ArgsDef = {
  out: { type: "string", valueHint: "dir", description: "Run directory; runs/<name of the dataset> when absent" },
  ...toArgs(DATASET_FLAGS),
  ...toArgs(ROLLOUT_FLAGS),
  ...toArgs(GRADING_FLAGS),
  ...toArgs(SELECTION_FLAGS),
  ...OUTPUT_FLAGS,
};

/** The flags of `select`: what is selected, and nothing that would ask for other rollouts. */
export const selectFlags: ArgsDef = { ...toArgs(SELECTION_FLAGS), ...OUTPUT_FLAGS };

/**
 * Runs the pipeline with a progress bar and prints what came of it: the funnel, or with
 * `--json` the summary; `report.html` goes into the run directory. A selection of nothing, or of everything, is reported and then thrown.
 */
export async function runAndReport(
  config: Config,
  directory: string,
  args: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  until: Until,
  refresh?: PipelineOptions["refresh"],
): Promise<void> {
  const progress = args.quiet === true ? SILENT : new ProgressBar(process.stderr, () => performance.now());
  try {
    await runPipeline(config, directory, { until, progress, signal, ...(refresh && { refresh }) });
  } catch (error) {
    if (!(error instanceof WinnowError) || error.code !== "interrupted") throw error;
    throw new WinnowError(
      "interrupted",
      `${error.message} Go on with: winnow ${refresh ? "refresh" : "run"} ${directory}`,
      { cause: error },
    );
  }
  const summary = await summariseRun(directory);
  await writeHtmlReport(summary, join(directory, "report.html"));
  print(args.json === true ? `${JSON.stringify(summary, null, 2)}\n` : renderReport(summary, false));
  const emptiness = until === "subset" ? explainEmptySubset(summary) : undefined;
  if (emptiness !== undefined) throw new WinnowError("empty", emptiness);
}
