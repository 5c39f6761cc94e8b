import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AttentionSource } from "../../src/attention/attention-source.ts";
import { openScriptedAttention } from "../../src/attention/index.ts";
import { openScriptedBackend } from "../../src/backends/index.ts";
import { type ConfigInput, parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { type RunSummary, summariseRun } from "../../src/report/summarise-run.ts";
import { workedTable } from "../estimators/worked-table.ts";
import { writePlantedDataset } from "../planted-dataset.ts";

/** Sample, c₁, c₀ and ψ of the eight samples worked by hand in docs/selectors/rap.md. */
const rows = workedTable("docs/selectors/rap.md", "sample | c₁ | c₀ | ψ | D | D_diff | reason | selected");

/** What to change about a worked run. */
export interface WorkedRunOptions {
  readonly config?: Partial<ConfigInput>;
  /** Rows on top of the eight, which no rollout gets right. */
  readonly more?: readonly object[];
  /** Text of the one token of every response. */
  readonly token?: string;
  /** Whether attention is said to be read over other tokens than were sampled. */
  readonly tokenMismatch?: boolean;
}

/**
 * Runs the eight worked samples through the pipeline with a model that gets exactly c₁ and c₀ of
 * five right and whose responses have exactly ψ; returns the run directory.
 */
export async function runWorkedSamples(folder: string, options: WorkedRunOptions = {}): Promise<string> {
  const dataset = await writePlantedDataset(folder, rows.length);
  for (const row of options.more ?? []) await appendFile(dataset, `${JSON.stringify(row)}\n`);
  const numbersOf = (text: string): number[] => (rows[Number(/What is (\d+)\?/.exec(text)?.[1])] ?? []).map(Number);
  const textOf = (parts: readonly object[]): string => parts.map((part) => ("text" in part ? part.text : "")).join("");
  const backend = openScriptedBackend({
    respond: ({ parts, arm }, index) => {
      const text = textOf(parts);
      const [, c1 = 0, c0 = 0] = numbersOf(text);
      const right = index < (arm === "image" ? c1 : c0);
      return right ? `\\boxed{${/What is (\d+)\?/.exec(text)?.[1]}}` : "\\boxed{none}";
    },
  });
  const scripted = openScriptedAttention(({ prompt }) => {
    // One row: ψ = σ · A with σ = 2.
    const half = (numbersOf(textOf(prompt.parts))[3] ?? 0) / 2;
    return { responseStart: 1, heads: [[[1 - half, half]]], tokens: [options.token ?? "."] };
  });
  const { tokenMismatch } = options;
  const attention: AttentionSource = {
    ...scripted,
    async *measure(...asked) {
      for await (const one of scripted.measure(...asked))
        yield tokenMismatch === undefined ? one : { ...one, tokenMismatch };
    },
  };
  const config = parseConfig(
    { dataset, prompt: { format: "none" }, protocol: "full", maxRejected: 1, ...options.config },
    "test",
  );
  const directory = join(folder, "run");
  await runPipeline(config, directory, { parts: { backend, attention }, now: () => 0 });
  return directory;
}

/** The summary of a worked run whose folder is gone again. */
export async function summariseWorkedRun(options?: WorkedRunOptions): Promise<RunSummary> {
  const folder = await mkdtemp(join(tmpdir(), "winnow-worked-"));
  try {
    return await summariseRun(await runWorkedSamples(folder, options));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
