import { existsSync } from "node:fs";
import { join } from "node:path";
import { medianLogPsi } from "../estimators/index.ts";
import { readRefused } from "../runs/attention-table.ts";
import { type Database, sqlText, sqlTexts } from "../runs/database.ts";
import { fillLedger, type RunTables } from "../runs/fill-ledger.ts";
import { Ledger, type SampleEntry } from "../runs/ledger.ts";
import type { Manifest } from "../runs/manifest.ts";
import { readSampleEntries } from "../runs/sample-table.ts";
import {
  type EvidenceTable,
  findId,
  newEvidenceTable,
  REASONS,
  RECORDED_SELECTED,
  readId,
  SET_ASIDE,
  UNGRADABLE,
} from "./evidence-columns.ts";

/** What is read. */
interface Source {
  readonly tables: RunTables;
  readonly manifest: Manifest;
  /** `samples.parquet`, which may not be there yet. */
  readonly path: string;
}

/** What is on disk of a run, as the selector would see it. */
export interface RunEvidence {
  readonly table: EvidenceTable;
  /** Row in `samples.parquet` of each place, rising; a row that repeats an earlier one has no place. */
  readonly fileRows: Uint32Array;
  /** Why samples were set aside, by id. */
  readonly setAside: ReadonlyMap<string, string>;
}

/** A table of id, place, file_row, options and ungradable of the samples, made anew by each reading. */
const PLACES = "places";

/**
 * What is on disk of a run now. `psiNames`: option sets whose ψ is wanted; the first is the one the
 * run decided by. A rollout that waits for its grade is not counted.
 */
export async function readEvidence(source: Source, psiNames: readonly string[]): Promise<RunEvidence> {
  const { tables, manifest, path } = source;
  const { image, text } = manifest.settings;
  const m = manifest.config.sampling.rollouts;
  const setAside = await readRefused(tables.database, tables.path, [image, text], tables.reading);
  if (!existsSync(path)) {
    return { table: newEvidenceTable({ m, samples: 0, psiNames }), fileRows: new Uint32Array(), setAside };
  }
  const samples = await numberSamples(tables.database, path);
  const table = newEvidenceTable({ m, samples, psiNames });
  const fileRows = new Uint32Array(samples);
  await fillSamples(tables.database, table, fileRows);
  for (const id of setAside.keys()) {
    const place = findId(table, id);
    if (place >= 0) table.flags[place]! += SET_ASIDE;
  }
  if (samples === 0) return { table, fileRows, setAside };
  if (!(await countInTables(source, table))) await countInLedger(source, table, psiNames[0]!);
  await fillPsi(source, table);
  await fillRecorded(source, table);
  return { table, fileRows, setAside };
}

/** Gives every sample its place, the first row of an id counting; returns how many there are. */
async function numberSamples(database: Database, path: string): Promise<number> {
  await database.run(
    `CREATE OR REPLACE TEMP TABLE ${PLACES} AS
     SELECT id, (row_number() OVER (ORDER BY file_row) - 1)::INTEGER AS place, file_row::INTEGER AS file_row, options, ungradable
     FROM (SELECT id, min(file_row_number) AS file_row, arg_min(coalesce(options, 0), file_row_number)::USMALLINT AS options,
       arg_min((ungradable IS NOT NULL)::UTINYINT, file_row_number) AS ungradable
       FROM read_parquet(${sqlText(path)}, file_row_number=true) GROUP BY id)`,
  );
  return (await database.first(`SELECT count(*) AS samples FROM ${PLACES}`))?.samples as number;
}

async function fillSamples(database: Database, table: EvidenceTable, fileRows: Uint32Array): Promise<void> {
  const ids = new DataView(table.ids.buffer, table.ids.byteOffset);
  const half = (side: "left" | "right"): string => `('0x' || ${side}(id, 16))::UBIGINT`;
  const chunks = database.vectors(
    `SELECT place, file_row, options, ungradable, ${half("left")}, ${half("right")} FROM ${PLACES}`,
  );
  for await (const chunk of chunks) {
    const [places, rows, options, ungradable, left, right] = chunk as [
      Int32Array,
      Int32Array,
      Uint16Array,
      Uint8Array,
      BigUint64Array,
      BigUint64Array,
    ];
    for (const [at, place] of places.entries()) {
      fileRows[place] = rows[at]!;
      table.options[place] = options[at]!;
      table.flags[place] = ungradable[at]! * UNGRADABLE;
      ids.setBigUint64(16 * place, left[at]!);
      ids.setBigUint64(16 * place + 8, right[at]!);
    }
  }
}

/** Counts where the tables are; false when an arm has a gap, and only its unbroken beginning counts. */
async function countInTables({ tables, manifest }: Source, table: EvidenceTable): Promise<boolean> {
  const { settings, grader } = manifest;
  for await (const counted of tables.rollouts.counts(settings, grader.version, table.m, PLACES)) {
    for (const [at, place] of counted.place.entries()) {
      if (counted.taken[at] !== counted.top[at]) return false;
      const arm = counted.image[at] === 1 ? table.image : table.text;
      arm.taken[place] = counted.taken[at]!;
      arm.correct[place] = counted.correct[at]!;
      arm.truncated[place] = counted.truncated[at]!;
    }
  }
  return true;
}

async function countInLedger({ tables, manifest, path }: Source, table: EvidenceTable, psiName: string): Promise<void> {
  const entries = new Map<string, SampleEntry>();
  for (const entry of await readSampleEntries(tables.database, path)) {
    if (!entries.has(entry.id)) entries.set(entry.id, entry);
  }
  const ledger = new Ledger([...entries.values()], table.m);
  await fillLedger(ledger, tables, manifest.settings, manifest.grader.version, psiName);
  const places = new Map(Array.from({ length: table.samples }, (_, place) => [readId(table, place), place]));
  for (const one of ledger.evidence()) {
    const place = places.get(one.sampleId)!;
    for (const arm of ["image", "text"] as const) {
      table[arm].taken[place] = one[arm].taken;
      table[arm].correct[place] = one[arm].correct;
      table[arm].truncated[place] = one[arm].truncated;
    }
  }
}

/** The medians by every option set, of samples whose M responses were all measured with it. */
async function fillPsi({ tables, manifest }: Source, table: EvidenceTable): Promise<void> {
  const { m, samples, psiNames } = table;
  const found = psiNames.map(() => new Float64Array(samples * m).fill(Number.NaN));
  for await (const { place: places, index, logPsi } of tables.attention.measured(
    manifest.settings.image,
    psiNames,
    m,
    PLACES,
  )) {
    for (const [set, values] of logPsi.entries())
      for (const [at, place] of places.entries()) found[set]![place * m + index[at]!] = values[at]!;
  }
  for (const [set, name] of psiNames.entries()) {
    const medians = table.logPsi.get(name)!;
    for (let place = 0; place < samples; place++) {
      const own = found[set]!.subarray(place * m, place * m + m);
      if (!own.some(Number.isNaN)) medians[place] = medianLogPsi([...own]) ?? Number.NaN;
    }
  }
}

/** The decisions that are on disk, whichever method made them. */
async function fillRecorded({ tables }: Source, table: EvidenceTable): Promise<void> {
  const path = join(tables.path, "decisions.parquet");
  if (!existsSync(path)) return;
  const chunks = tables.database.vectors(
    `SELECT place, coalesce(list_position([${sqlTexts(REASONS)}], reason), 0)::INTEGER, selected::UTINYINT
     FROM ${sqlText(path)} d JOIN ${PLACES} s ON d.id = s.id`,
  );
  for await (const [places, reasons, selected] of chunks as AsyncIterable<[Int32Array, Int32Array, Uint8Array]>) {
    for (const [at, place] of places.entries())
      table.recorded[place] = reasons[at]! + selected[at]! * RECORDED_SELECTED;
  }
}
