import { readFile } from "node:fs/promises";
import type { SelectionOptions } from "../config.ts";
import { writeFileAtomically } from "../lib/write-file-atomically.ts";
import type { Decision, Evidence } from "../records.ts";
import {
  DECISION_COLUMNS,
  type Provenance,
  SCORE_COLUMNS,
  toDecisionRow,
  toRefusedScoreRow,
  toScoreRow,
} from "../runs/decision-table.ts";
import type { Ledger, SampleEntry } from "../runs/ledger.ts";
import type { Manifest } from "../runs/manifest.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import { writeCsv, writeTable } from "../runs/tables.ts";
import { describeExtreme, estimateStability, measureSensitivity, summarise } from "../selectors/index.ts";
import type { Selector } from "../selectors/selector.ts";
import { REFUSED, type SampleIndex, toRejectedLine } from "./read-samples.ts";

/** What was selected, and what there is to say of it. */
export interface Outcome extends NonNullable<Manifest["outcome"]> {
  readonly decisions: readonly Decision[];
}

/**
 * Selects, and writes `decisions.parquet`, `scores.parquet` and `scores.csv`, one row per sample in dataset
 * order. Samples the model could not answer join `rejected.jsonl`. The same rollouts and seed
 * give byte-identical tables.
 */
export async function decide(
  run: RunDirectory,
  selector: Selector,
  ledger: Ledger,
  index: SampleIndex,
  options: {
    readonly selection: SelectionOptions;
    readonly attentionAvailable: boolean;
    /** What the ledger knows, with the traits the selector names. */
    readonly evidence: readonly Evidence[];
    readonly provenance: Provenance;
    /** At 0 a re-run brings the same rollouts, and there is no stability to estimate. */
    readonly temperature: number;
  },
): Promise<Outcome> {
  const { selection, attentionAvailable, evidence, provenance, temperature } = options;
  const decisions = selector.select(evidence, attentionAvailable).map((decision): Decision => {
    const earlier = ledger.carried.get(decision.sampleId);
    if (earlier === undefined) return decision;
    return { ...decision, explanation: `${decision.explanation} Scored with ${earlier.model}.` };
  });
  const entries = new Map(index.samples.map((entry) => [entry.id, entry]));
  await writeTable(
    run.database,
    DECISION_COLUMNS,
    map(decisions, (decision) => toDecisionRow(decision, entries.get(decision.sampleId) as SampleEntry)),
    run.file("decisions.parquet"),
  );
  const scores = run.file("scores.parquet");
  await writeTable(run.database, SCORE_COLUMNS, scoreRows(decisions, ledger, index, provenance), scores);
  await writeCsv(run.database, SCORE_COLUMNS, scores, run.file("scores.csv"));
  await listRefused(run, ledger, entries);
  const stability =
    temperature === 0 ? undefined : estimateStability(selector, evidence, { attentionAvailable, seed: selection.seed });
  const extreme = describeExtreme(summarise(decisions, evidence), selection);
  const hasGates = selection.method === "rap" && selection.without.length === 0;
  const sensitivity = hasGates ? measureSensitivity(evidence, selection, attentionAvailable) : undefined;
  return {
    decisions,
    ...(stability && { stability }),
    ...(sensitivity && { sensitivity }),
    ...(extreme !== undefined && { extreme }),
  };
}

function* map<T>(items: readonly T[], toRow: (item: T) => object): Iterable<object> {
  for (const item of items) yield toRow(item);
}

/** Every sample in dataset order, those the model could not answer included. */
function* scoreRows(
  decisions: readonly Decision[],
  ledger: Ledger,
  index: SampleIndex,
  provenance: Provenance,
): Iterable<object> {
  const byId = new Map(decisions.map((decision) => [decision.sampleId, decision]));
  for (const entry of index.samples) {
    const decision = byId.get(entry.id);
    const { model = provenance.model } = ledger.carried.get(entry.id) ?? {};
    if (decision !== undefined) yield toScoreRow(decision, entry, { ...provenance, model });
    else yield toRefusedScoreRow(entry, ledger.refused.get(entry.id) ?? "not decided", provenance);
  }
}

async function listRefused(
  run: RunDirectory,
  ledger: Ledger,
  entries: ReadonlyMap<string, SampleEntry>,
): Promise<void> {
  const path = run.file("rejected.jsonl");
  const lines = (await readFile(path, "utf8")).split("\n").filter((line) => line !== "");
  const kept = lines.filter((line) => (JSON.parse(line) as { code: string }).code !== REFUSED);
  for (const [id, reason] of ledger.refused) {
    const { file, row } = entries.get(id) as SampleEntry;
    kept.push(JSON.stringify(toRejectedLine({ source: { file, row }, rowId: id, code: REFUSED, reason })));
  }
  await writeFileAtomically(path, kept.map((line) => `${line}\n`).join(""));
}
