import { join } from "node:path";
import { type Config, psiOptionSets, resolveSelection } from "./config.ts";
import { WinnowError } from "./errors.ts";
import { newColumnScorer } from "./estimators/index.ts";
import { resolveFormatPrompt } from "./prompts/format-prompt.ts";
import { type Manifest, readManifest, writeManifest } from "./runs/manifest.ts";
import { openRunDirectory } from "./runs/run-directory.ts";
import { newSelector } from "./selectors/index.ts";
import { carryOver, compareSelections, planRefresh, readSelected } from "./stages/carry-over.ts";
import { decide } from "./stages/decide.ts";
import { gather } from "./stages/gather.ts";
import { gatherMasked } from "./stages/gather-masked.ts";
import { loadLedger } from "./stages/load-ledger.ts";
import { newManifest, readsAlike, relatedSettings } from "./stages/new-manifest.ts";
import { atSameCommit } from "./stages/open-configured-dataset.ts";
import { type OwnParts, openParts } from "./stages/open-parts.ts";
import { type Progress, SILENT } from "./stages/progress.ts";
import { publishControl } from "./stages/publish-control.ts";
import { indexSamples } from "./stages/read-samples.ts";
import { addTraits } from "./stages/read-traits.ts";
import { Stopwatch } from "./stages/stopwatch.ts";
import { publishSubset } from "./stages/write-subset.ts";

/** How far a run goes: the rollouts alone, their attention too, or all the way to the subset. */
export type Until = "rollouts" | "attention" | "subset";

export interface PipelineOptions {
  readonly until?: Until;
  readonly progress?: Progress;
  /** Aborting stops the run soon; everything finished so far is on disk. */
  readonly signal?: AbortSignal;
  /** Scores what is selected anew with a newer checkpoint, and of the others this share, in [0, 1] (docs/refresh.md). */
  readonly refresh?: { readonly share: number };
  /** Parts of your own in place of those the configuration names. */
  readonly parts?: OwnParts;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * The whole of Winnow: read → prompt → roll out → grade → attend → estimate → select → write.
 *
 * Every stage adds to the run directory, asks only for what is missing there, and can be
 * killed and started again. The selector says what it still has to know; that is gathered,
 * wave after wave, until its decisions are certain. Throws `WinnowError`s; resumable after each.
 */
export async function runPipeline(asked: Config, directory: string, options: PipelineOptions = {}): Promise<Manifest> {
  const { until = "subset", progress = SILENT, signal, now = Date.now } = options;
  const config = atSameCommit(asked, await readManifest(directory), progress);
  const selection = resolveSelection(config.selection, config.sampling.seed);
  const aborting = signal === undefined ? {} : { signal };
  const opening = { judgeCache: join(directory, "judge.jsonl"), progress, ...aborting };
  await using parts = await openParts(config, options.parts, opening);
  await using run = await openRunDirectory(directory, now());
  const before = await readManifest(directory);
  const fresh = newManifest(config, selection, parts, before);
  const refresh = planRefresh(before, fresh, options.refresh);
  let manifest: Manifest = { ...fresh, ...(refresh && { refresh }) };
  const stopwatch = new Stopwatch(now, manifest.seconds);
  const save = async (more: Partial<Manifest>): Promise<void> => {
    manifest = { ...manifest, ...more, seconds: stopwatch.seconds };
    await writeManifest(directory, manifest);
  };

  const selector = newSelector(selection);
  const { name: psiName, sets } = psiOptionSets(selection.psi);
  const formatPrompt = resolveFormatPrompt(parts.formatPrompt);
  const sampling = { ...config.sampling, maxTokens: parts.maxTokens };
  const plan = { formatPrompt, counterfactual: config.prompt.counterfactual, sampling, settings: manifest.settings };
  const scoring = { optionSets: sets, newScorer: () => newColumnScorer(sets) };

  try {
    const reread = before === undefined || !readsAlike(before, manifest);
    const index = await stopwatch.time("read", () =>
      indexSamples(run, parts, config, { reread, progress, ...aborting }),
    );
    await save({ state: "running" });
    const ledger = await stopwatch.time("grade", () =>
      loadLedger(run, index.samples, config.sampling.rollouts, manifest.settings, parts.grader, psiName, progress),
    );
    const foreign = await run.rollouts.countForeign(manifest.settings, relatedSettings(manifest));
    if (foreign > 0)
      progress.note(`${foreign} rollouts of another model, prompt or sampling setting are kept, and not used.`);
    const previous = options.refresh && (await readSelected(run));
    const { grader } = parts;
    const carrying = { run, ledger, selector, grader, psiName, seed: selection.seed, progress };
    if (refresh !== undefined) await stopwatch.time("grade", () => carryOver(carrying, refresh, previous));
    const { protocol } = config;
    const work = { run, parts, ledger, selector, protocol, plan, psiName, scoring, progress, stopwatch, ...aborting };
    await gather(work, until !== "rollouts");
    const masked = await gatherMasked(work, manifest.masked ?? []);
    for (const remark of parts.backend.remarks?.() ?? []) progress.note(remark);
    signal?.throwIfAborted();
    await stopwatch.time("write", () => run.seal());
    const tokenMismatches = await run.attention.countMismatches(manifest.settings.image);
    await save({ tokenMismatches });
    if (tokenMismatches > 0) {
      progress.note(
        `The attention of ${tokenMismatches} responses was read over other tokens than were sampled; check the ` +
          "worker's model, chat template and pixel limits.",
      );
    }
    if (until === "subset") {
      const files = { ...selection, masked };
      const evidence = await stopwatch.time("read", () =>
        addTraits(run, ledger.evidence(), selector.traits, manifest.settings, files),
      );
      const provenance = { model: parts.backend.model.name, grader: parts.grader.version };
      const { temperature } = sampling;
      const chosen = { selection, attentionAvailable: parts.attention !== null, evidence, provenance, temperature };
      const { decisions, ...outcome } = await stopwatch.time("select", () =>
        decide(run, selector, ledger, index, chosen),
      );
      const leave = { allowEmpty: config.allowEmpty, allowAll: selection.method === "full", ...aborting };
      const subset = await stopwatch.time("write", () => publishSubset(run, parts.dataset, index, decisions, leave));
      const drawn = { wanted: config.control && subset !== null, seed: config.sampling.seed, ...aborting };
      const control = await stopwatch.time("write", () => publishControl(run, parts.dataset, index, decisions, drawn));
      const compared = previous && refresh && { ...refresh, outcome: compareSelections(previous, decisions, ledger) };
      await save({ state: "done", outcome, subset, control, ...(compared && { refresh: compared }) });
    } else {
      await save({ state: "partial" });
    }
    return manifest;
  } catch (error) {
    await save({ state: signal?.aborted ? "interrupted" : "failed" }).catch(() => {});
    throw signal?.aborted
      ? new WinnowError("interrupted", `Stopped; finished work is in ${directory}.`, { cause: error })
      : error;
  }
}
