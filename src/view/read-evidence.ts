import { existsSync } from "node:fs";
import { join } from "node:path";
import { medianLogPsi } from "../estimators/index.ts";
import type { DecisionReason, Evidence } from "../records.ts";
import { readRefused } from "../runs/attention-table.ts";
import { sqlText } from "../runs/database.ts";
import { fillLedger, type RunTables } from "../runs/fill-ledger.ts";
import { Ledger, type SampleEntry } from "../runs/ledger.ts";
import type { Manifest } from "../runs/manifest.ts";
import {
  type EvidenceTable,
  newEvidenceTable,
  REASONS,
  RECORDED_SELECTED,
  SET_ASIDE,
  UNGRADABLE,
  writeId,
} from "./evidence-columns.ts";

/** What is read, of which samples. */
interface Source {
  readonly tables: RunTables;
  readonly manifest: Manifest;
  readonly samples: readonly SampleEntry[];
  /** Row in `samples.parquet` of each sample, and that file. */
  readonly fileRows: Uint32Array;
  readonly path: string;
}

/**
 * What is on disk of a run, as the selector would see it now. `psiNames`: option sets whose ψ is
 * wanted; the first is the one the run decided by. A rollout that waits for its grade is not counted.
 */
export async function readEvidence(
  source: Source,
  psiNames: readonly string[],
): Promise<{ readonly table: EvidenceTable; readonly setAside: ReadonlyMap<string, string> }> {
  const { tables, manifest, samples } = source;
  const m = manifest.config.sampling.rollouts;
  const table = newEvidenceTable({ m, samples: samples.length, psiNames });
  const { image, text } = manifest.settings;
  const setAside = await readRefused(tables.database, tables.path, [image, text], tables.reading);
  for (const [place, sample] of samples.entries()) {
    writeId(table, place, sample.id);
    table.options[place] = sample.options ?? 0;
    table.flags[place] = (sample.ungradable === undefined ? 0 : UNGRADABLE) + (setAside.has(sample.id) ? SET_ASIDE : 0);
  }
  if (samples.length === 0) return { table, setAside };
  if (!(await countInTables(source, table))) await countInLedger(source, table, psiNames[0]!);
  for (const name of psiNames) await fillPsi(source, table, name);
  await fillRecorded(source, table);
  return { table, setAside };
}

/** Counts where the tables are; false when an arm has a gap, and only its unbroken beginning counts. */
async function countInTables(source: Source, table: EvidenceTable): Promise<boolean> {
  const { settings, grader } = source.manifest;
  const placeOf = placesByFileRow(source);
  const arms = source.tables.rollouts.counts(settings, grader.version, table.m, placesQuery(source));
  for await (const { place: fileRow, arm, taken, top, correct, truncated } of arms) {
    const place = placeOf[fileRow]!;
    if (place < 0) continue;
    if (taken !== top) return false;
    table[arm].taken[place] = taken;
    table[arm].correct[place] = correct;
    table[arm].truncated[place] = truncated;
  }
  return true;
}

async function countInLedger(
  { tables, manifest, samples }: Source,
  table: EvidenceTable,
  psiName: string,
): Promise<void> {
  const ledger = new Ledger(samples, table.m);
  await fillLedger(ledger, tables, manifest.settings, manifest.grader.version, psiName);
  const places = new Map(samples.map((sample, place) => [sample.id, place]));
  for (const one of ledger.evidence()) fillCounts(table, places.get(one.sampleId)!, one);
}

function fillCounts(table: EvidenceTable, place: number, one: Evidence): void {
  for (const arm of ["image", "text"] as const) {
    table[arm].taken[place] = one[arm].taken;
    table[arm].correct[place] = one[arm].correct;
    table[arm].truncated[place] = one[arm].truncated;
  }
}

/** The medians by one option set, of samples whose M responses were all measured. */
async function fillPsi(source: Source, table: EvidenceTable, psiName: string): Promise<void> {
  const placeOf = placesByFileRow(source);
  const medians = table.logPsi.get(psiName)!;
  const { tables, manifest } = source;
  const measured = tables.attention.complete(manifest.settings.image, psiName, table.m, placesQuery(source));
  for await (const { place: fileRow, logPsi } of measured) {
    const place = placeOf[fileRow]!;
    if (place >= 0) medians[place] = medianLogPsi(logPsi) ?? Number.NaN;
  }
}

/** The decisions that are on disk, whichever method made them. */
async function fillRecorded(source: Source, table: EvidenceTable): Promise<void> {
  const path = join(source.tables.path, "decisions.parquet");
  if (!existsSync(path)) return;
  const placeOf = placesByFileRow(source);
  const chunks = source.tables.database.columns(
    `SELECT place::INTEGER, reason, selected FROM ${sqlText(path)} d JOIN (${placesQuery(source)}) s ON d.id = s.id`,
  );
  for await (const [fileRows = [], reasons = [], selected = []] of chunks) {
    for (const [row, fileRow] of fileRows.entries()) {
      const place = placeOf[fileRow as number] ?? -1;
      const reason = REASONS.indexOf(reasons[row] as DecisionReason) + 1;
      if (place >= 0) table.recorded[place] = reason + (selected[row] === true ? RECORDED_SELECTED : 0);
    }
  }
}

/** The first row of each id in `samples.parquet`, as a query for id and place (its row there). */
function placesQuery({ path }: Source): string {
  return `SELECT id, min(file_row_number) AS place FROM read_parquet(${sqlText(path)}, file_row_number=true) GROUP BY id`;
}

/** Place of each row of `samples.parquet`; −1: a duplicate of an earlier one. */
function placesByFileRow({ fileRows }: Source): Int32Array {
  const places = new Int32Array((fileRows.at(-1) ?? -1) + 1).fill(-1);
  for (const [place, fileRow] of fileRows.entries()) places[fileRow] = place;
  return places;
}
