import { fitPrompt } from "../backends/index.ts";
import { type Dialect, NEUTRAL, newDialect } from "../backends/openai/dialect.ts";
import { newChatBody, splitRuns } from "../backends/openai/request-body.ts";
import { type Config, pixelLimit, psiOptionSets, resolveSelection } from "../config.ts";
import { formatRequestId, type RequestKey } from "../imports/request-id.ts";
import { openTemporaryFile } from "../lib/open-temporary-file.ts";
import { renderJson } from "../lib/render-json.ts";
import { DonorPool } from "../prompts/counterfactual.ts";
import { resolveFormatPrompt } from "../prompts/format-prompt.ts";
import type { Arm, Sample } from "../records.ts";
import type { Ledger } from "../runs/ledger.ts";
import { newSelector } from "../selectors/index.ts";
import { loadLedger } from "./load-ledger.ts";
import { openIndexedRun } from "./open-indexed-run.ts";
import type { OwnParts } from "./open-parts.ts";
import { type Progress, SILENT } from "./progress.ts";
import { readNeeded } from "./read-needed.ts";
import { buildPrompt, collectDonors } from "./roll-out.ts";

export interface ExportOptions {
  /** One arm alone; both when absent. */
  readonly arm?: Arm;
  /** Only what the selector needs next (a wave of the lazy protocol), not all that is missing. */
  readonly wave?: boolean;
  /** Who answers: vLLM's extra sampling fields are left out for `openai`, which refuses them. */
  readonly server?: "vllm" | "openai";
  readonly parts?: OwnParts;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What was asked for. */
export interface ExportReport {
  readonly run: string;
  /** `null`: nothing is missing, and no file was written. */
  readonly file: string | null;
  readonly bytes: number;
  readonly requests: Readonly<Record<Arm, number>>;
  readonly rollouts: Readonly<Record<Arm, number>>;
}

const NEWLINE: Uint8Array = Buffer.from("\n");
const ARMS: readonly Arm[] = ["image", "text"];
/** Sampling fields that are OpenAI's own. */
const OPENAI_FIELDS = ["presence_penalty", "frequency_penalty"];

/**
 * Writes a request for every rollout that a run lacks, as OpenAI's Batch API and `vllm run-batch`
 * take them: what `winnow run` would send to a server, named by a `custom_id` that
 * `importRollouts` joins by. The file appears when it is whole; images stream through.
 */
export async function exportRequests(
  config: Config,
  directory: string,
  file: string,
  options: ExportOptions = {},
): Promise<ExportReport> {
  const { progress = SILENT, now = Date.now, signal } = options;
  const parts = { attention: null, ...options.parts };
  await using opened = await openIndexedRun(config, directory, { parts, progress, now, ...(signal && { signal }) });
  const { run, index, manifest } = opened;
  const { dataset, grader, backend, formatPrompt, maxTokens } = opened.parts;
  const selection = resolveSelection(config.selection, config.sampling.seed);
  const { name: psiName } = psiOptionSets(selection.psi);
  const m = config.sampling.rollouts;
  const ledger = await loadLedger(run, index.samples, m, manifest.settings, grader, psiName, progress);
  const arms = options.arm === undefined ? ARMS : [options.arm];
  const wanted = options.wave === true ? planWave(ledger, newSelector(selection), arms) : planAll(ledger, arms);

  const { counterfactual } = config.prompt;
  const sampling = { ...config.sampling, maxTokens };
  const plan = {
    formatPrompt: resolveFormatPrompt(formatPrompt),
    counterfactual,
    sampling,
    settings: manifest.settings,
  };
  const donors =
    counterfactual === "mismatch" && arms.includes("text") ? await collectDonors(dataset) : new DonorPool();
  const body = {
    model: backend.model.name,
    sampling,
    dialect: dialectOf(options.server),
    extra: config.openai.extraBody ?? {},
    localImages: config.openai.localImages === true && options.server !== "openai",
  };

  async function* requestsFor(sample: Sample): AsyncGenerator<RequestKey & { readonly line: object }> {
    for (const arm of arms) {
      const indices = ledger.missing(sample.id, arm, wanted.get(sample.id)?.[arm] ?? 0);
      if (indices.length === 0) continue;
      const prompt = await fitPrompt(await buildPrompt(sample, arm, plan, donors), pixelLimit(config));
      for (const asked of splitRuns(indices, Number.POSITIVE_INFINITY)) {
        const key = { settings: manifest.settings[arm], sampleId: sample.id, arm, ...asked };
        const request = { method: "POST", url: "/v1/chat/completions", body: newChatBody({ prompt }, asked, body) };
        yield { ...key, line: { custom_id: formatRequestId(key), ...request } };
      }
    }
  }

  const requests = { image: 0, text: 0 };
  const rollouts = { image: 0, text: 0 };
  const sink = await openTemporaryFile(file);
  try {
    progress.begin("write", wanted.size);
    for await (const sample of readNeeded(dataset, index.samples, wanted, signal)) {
      signal?.throwIfAborted();
      for await (const { arm, count, line } of requestsFor(sample)) {
        await sink.write(renderJson(line));
        await sink.write(NEWLINE);
        requests[arm] += 1;
        rollouts[arm] += count;
      }
      progress.advance("write", 1);
    }
    progress.end("write");
    if (sink.size > 0) await sink.commit();
  } finally {
    await sink.discard();
  }
  await run.seal();
  if (opened.before?.state !== "done") await opened.save({});
  return { run: directory, file: sink.size > 0 ? file : null, bytes: sink.size, requests, rollouts };
}

function dialectOf(server: ExportOptions["server"]): Dialect {
  const dialect = { ...newDialect(), tokenIds: server !== "openai" };
  if (server !== "openai") return dialect;
  const unknown = Object.keys(NEUTRAL).filter((field) => !OPENAI_FIELDS.includes(field));
  return { ...dialect, unknown: new Set(unknown) };
}

/** How many rollouts more each arm of a sample is to get. */
type Wanted = Map<string, Partial<Record<Arm, number>>>;

function planAll(ledger: Ledger, arms: readonly Arm[]): Wanted {
  const wanted: Wanted = new Map();
  for (const { sampleId, m, ungradable } of ledger.evidence()) {
    const lacks = arms.some((arm) => ledger.missing(sampleId, arm, m).length > 0);
    if (ungradable === undefined && lacks) wanted.set(sampleId, { image: m, text: m });
  }
  return wanted;
}

function planWave(ledger: Ledger, selector: ReturnType<typeof newSelector>, arms: readonly Arm[]): Wanted {
  const wanted: Wanted = new Map();
  for (const { sampleId, what, rollouts } of selector.plan(ledger.evidence(), "lazy", false)) {
    if (what === "attention" || !arms.includes(what)) continue;
    wanted.set(sampleId, { ...wanted.get(sampleId), [what]: rollouts });
  }
  return wanted;
}
