import { basename } from "node:path";
import { type Config, psiOptionSets, resolveSelection } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { parseCorrectIff } from "../graders/logged-score.ts";
import { findLogs } from "../imports/find-logs.ts";
import { findLayout } from "../imports/index.ts";
import type { LogLayout } from "../imports/log-layout.ts";
import { findLogLayout, readLog, unknownLayout } from "../imports/read-log.ts";
import { SampleJoiner } from "../imports/sample-joiner.ts";
import { TakenIndices } from "../imports/taken-indices.ts";
import type { Arm } from "../records.ts";
import { sqlText } from "../runs/database.ts";
import { ImportedRollouts, type ScoreAgreement } from "../runs/imported-rollouts.ts";
import { readManifest } from "../runs/manifest.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import { type ImportedFile, ImportedLog } from "./imported-log.ts";
import { loadLedger } from "./load-ledger.ts";
import { openIndexedRun } from "./open-indexed-run.ts";
import type { OwnParts } from "./open-parts.ts";
import { type Progress, SILENT } from "./progress.ts";
import { writeLines } from "./write-lines.ts";

export interface ImportOptions {
  /** Name of the logs' layout; found out file by file when absent. */
  readonly layout?: string;
  /** The arm of responses whose log does not say it. */
  readonly arm?: Arm;
  /** Take the rollouts of every training step; by default those of the first step that has the sample. */
  readonly allSteps?: boolean;
  /** M is what the configuration says; by default it is how many rollouts most samples have in the logs. */
  readonly fixedRollouts?: boolean;
  readonly parts?: OwnParts;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What came of an import. */
export interface ImportReport {
  readonly run: string;
  readonly files: readonly ImportedFile[];
  /** M, rollouts per arm, from now on. */
  readonly m: number;
  /** Whether these rollouts count as those of the declared model, prompt and sampling. */
  readonly declared: boolean;
  /** Lists every response that was left out, with the reason; `null` when there is none. */
  readonly unjoined: string | null;
  /** The rule that decided, where one was given. */
  readonly correctIff: string | null;
  /** Verdicts against logged scores (above `limit` says right); `null` where a rule decided or no score is logged. */
  readonly agreement: {
    readonly limit: number;
    readonly counts: readonly ScoreAgreement[];
    /** Lists each rollout whose verdict is not what its score says. */
    readonly disagreements: string | null;
  } | null;
}

/** Scores mix accuracy and format, at most half of it for format; above this a score says right. */
const SCORE_LIMIT = 0.5;
/** Responses of a file that are shown to the joiner before its pass begins. */
const LEARNED = 4096;

/**
 * Takes the rollouts of somebody's logs into a run directory, graded anew or by the rule
 * `grading.correctIff`. What does not join exactly one sample is left out and listed. Importing
 * the same log again adds nothing. Throws `WinnowError`: `usage` (the arm is not known), `input`
 * (a log that cannot be read).
 */
export async function importRollouts(
  config: Config,
  directory: string,
  log: string,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const { progress = SILENT, now = Date.now, signal } = options;
  const earlier = await readManifest(directory);
  const correctIff = config.grading.correctIff ?? earlier?.config.grading.correctIff;
  const rule = correctIff === undefined ? undefined : parseCorrectIff(correctIff);
  const graded = { ...config, grading: { ...config.grading, ...(correctIff !== undefined && { correctIff }) } };
  const logs = await findLogs(log);
  const layouts = await chooseLayouts(logs, options.layout);
  const opening = { progress, now, ...(signal && { signal }) };
  await using opened = await openIndexedRun(graded, directory, {
    ...opening,
    parts: { attention: null, ...options.parts },
  });
  const { run, parts, index, manifest } = opened;
  const joiner = await newJoiner(run);
  const indices = new TakenIndices();
  const known = new Set<string>();
  const imported = new ImportedRollouts(run.database, run.rollouts);
  for await (const { sampleId, arm, index: taken, origin, content } of imported.places(manifest.settings)) {
    indices.take(sampleId, arm, taken);
    if (origin !== undefined) known.add(`${sampleId}/${arm}/${origin}/${content}`);
  }

  const files: ImportedFile[] = [];
  const unjoined = await writeLines(
    run.file("unjoined.jsonl"),
    logs.map((file) => basename(file)),
    async (write) => {
      progress.begin("import", logs.length);
      for (const file of logs) {
        const layout = layouts.get(file);
        const target = { run, joiner, indices, known, settings: manifest.settings };
        const one = new ImportedLog(target, { ...options, file, ...(rule && { rule }) }, write);
        if (layout !== undefined) {
          await learnTemplates(joiner, file, layout);
          for await (const entry of readLog(file, layout, rule?.field)) {
            signal?.throwIfAborted();
            await one.take(entry);
          }
        }
        files.push(one.finish(layout?.name));
        progress.advance("import", 1);
      }
      progress.end("import");
    },
  );

  const usual = options.fixedRollouts || earlier !== undefined ? undefined : indices.usualCount();
  const m = usual ?? (options.fixedRollouts ? config : (earlier?.config ?? config)).sampling.rollouts;
  const { name: psiName } = psiOptionSets(resolveSelection(config.selection, config.sampling.seed).psi);
  await loadLedger(run, index.samples, m, manifest.settings, parts.grader, psiName, progress);
  await run.seal();
  const agreement = rule === undefined ? await compareScores(run, imported, manifest.settings) : null;
  const sampling = { ...manifest.config.sampling, rollouts: m };
  const brought = files.some(({ imported: { image, text } }) => image + text > 0);
  // A finished run that nothing was added to stays finished.
  if (
    brought ||
    earlier?.state !== "done" ||
    options.fixedRollouts ||
    correctIff !== earlier.config.grading.correctIff
  ) {
    await opened.save({ config: { ...manifest.config, sampling } });
  }
  const declared = parts.backend.closed !== true || (config.model !== undefined && config.prompt.format !== undefined);
  return { run: directory, files, m, declared, unjoined, correctIff: correctIff ?? null, agreement };
}

async function chooseLayouts(logs: readonly string[], named?: string): Promise<Map<string, LogLayout>> {
  const layouts = new Map<string, LogLayout>();
  const layout = named === undefined ? undefined : findLayout(named);
  for (const file of logs) {
    const found = layout ?? (await findLogLayout(file));
    if (found !== undefined) layouts.set(file, found);
  }
  if (layouts.size === 0) throw unknownLayout(logs[0] as string);
  return layouts;
}

async function newJoiner(run: RunDirectory): Promise<SampleJoiner> {
  const joiner = new SampleJoiner();
  const rows = run.database.rows(
    `SELECT id, file, "row", row_id, question, ground_truth FROM ${sqlText(run.file("samples.parquet"))}`,
  );
  for await (const row of rows) {
    joiner.add({
      id: row.id as string,
      source: { file: row.file as string, row: row.row as number },
      ...(row.row_id !== null && { rowId: row.row_id as string }),
      question: row.question as string,
      groundTruth: row.ground_truth as string,
    });
  }
  return joiner;
}

async function learnTemplates(joiner: SampleJoiner, file: string, layout: LogLayout): Promise<void> {
  let shown = 0;
  for await (const entry of readLog(file, layout)) {
    if ("logged" in entry) joiner.learn(entry.logged);
    shown += 1;
    if (shown >= LEARNED) return;
  }
}

async function compareScores(
  run: RunDirectory,
  imported: ImportedRollouts,
  settings: Readonly<Record<Arm, string>>,
): Promise<ImportReport["agreement"]> {
  const counts: ScoreAgreement[] = [];
  for await (const one of imported.agreement(settings, SCORE_LIMIT)) counts.push(one);
  if (counts.length === 0) return null;
  const disagreements = await writeLines(run.file("disagreements.jsonl"), undefined, async (write) => {
    for await (const row of imported.disagreements(settings, SCORE_LIMIT)) await write(row);
  });
  return { limit: SCORE_LIMIT, counts, disagreements };
}

/** The arm that `--arm` names; `WinnowError("usage")` for any other word. */
export function parseArm(text: string | undefined): Arm | undefined {
  if (text === undefined || text === "image" || text === "text") return text;
  throw new WinnowError("usage", `\`--arm\`: expected image or text; found \`${text}\`.`);
}
