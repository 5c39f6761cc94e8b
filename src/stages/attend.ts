import type { AttentionRequest, AttentionSource, ColumnScoring } from "../attention/attention-source.ts";
import type { Dataset } from "../formats/format.ts";
import { buildImagePrompt } from "../prompts/build-prompt.ts";
import type { Rollout, Sample } from "../records.ts";
import type { Ledger } from "../runs/ledger.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import type { Progress } from "./progress.ts";
import { readNeeded } from "./read-needed.ts";

/** Samples whose rollouts are fetched from the table together. */
const CHUNK = 256;

/**
 * Measures the attention of every with-image rollout of the wanted samples, each journaled as
 * it comes; a response that cannot be measured sets its sample aside. `psiName` is the option set whose ψ the selection uses.
 */
export async function attend(
  context: {
    readonly run: RunDirectory;
    readonly dataset: Dataset;
    readonly source: AttentionSource;
    readonly ledger: Ledger;
    readonly progress: Progress;
    readonly signal?: AbortSignal;
  },
  plan: { readonly formatPrompt: string; readonly settings: string; readonly psiName: string },
  scoring: ColumnScoring,
  wanted: ReadonlySet<string>,
): Promise<void> {
  const { run, dataset, source, ledger, progress, signal } = context;
  await run.seal();

  async function* requests(): AsyncIterable<AttentionRequest> {
    let chunk: Sample[] = [];
    for await (const sample of readNeeded(dataset, ledger.samples, wanted, signal)) {
      chunk.push(sample);
      if (chunk.length < CHUNK) continue;
      yield* requestsOf(chunk);
      chunk = [];
    }
    yield* requestsOf(chunk);
  }

  async function* requestsOf(chunk: readonly Sample[]): AsyncIterable<AttentionRequest> {
    const rollouts = new Map<string, Rollout[]>(chunk.map((sample) => [sample.id, []]));
    for await (const rollout of run.rollouts.read(plan.settings, "image", [...rollouts.keys()])) {
      if (rollout.index < ledger.m && !ledger.hasAttention(rollout.sampleId, rollout.index)) {
        rollouts.get(rollout.sampleId)?.push(rollout);
      }
    }
    for (const sample of chunk) {
      const prompt = buildImagePrompt(sample, plan.formatPrompt);
      for (const rollout of rollouts.get(sample.id) ?? []) yield { prompt, rollout };
    }
  }

  for await (const attention of source.measure(requests(), scoring, signal)) {
    if ("type" in attention) {
      const { sampleId, reason } = attention;
      run.journal.append("refused", [{ settings: plan.settings, sampleId, reason }]);
      ledger.refuse(sampleId, reason);
      continue;
    }
    run.journal.append("attention", [{ ...attention, settings: plan.settings }]);
    const psi = attention.psi[plan.psiName];
    if (psi !== undefined) ledger.addAttention(attention.sampleId, attention.index, psi);
    progress.advance("attention", 1);
  }
}
