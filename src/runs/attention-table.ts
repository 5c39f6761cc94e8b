import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Psi } from "../records.ts";
import { type Database, sqlText } from "./database.ts";
import { journalFiles } from "./journal.ts";
import { ATTENTION_COLUMNS, REFUSED_COLUMNS, readJsonLines, writeQuery } from "./tables.ts";

/** One measured response that is on disk: ψ by option set. */
export interface StoredAttention {
  readonly sampleId: string;
  readonly index: number;
  readonly psi: Readonly<Record<string, Psi>>;
}

const FROM_JOURNAL = `settings, "sampleId" AS sample_id, "index", psi, "imageMass" AS image_mass, entropy, "topMass" AS top_mass, token`;
const KEY = 'settings, sample_id, "index"';

/** Every attention measurement of a run: the sealed table and the journals that came after it. */
export class AttentionTable {
  readonly #database: Database;
  readonly #directory: string;

  constructor(database: Database, directory: string) {
    this.#database = database;
    this.#directory = directory;
  }

  get path(): string {
    return join(this.#directory, "attention.parquet");
  }

  /** Measurements of responses sampled under these settings. */
  async *stored(settings: string): AsyncIterable<StoredAttention> {
    const query = await this.#query();
    if (query === undefined) return;
    const rows = this.#database.rows(
      `SELECT sample_id, "index", map_entries(psi) AS psi FROM (${query}) WHERE settings = ${sqlText(settings)}`,
    );
    for await (const row of rows) {
      const entries = row.psi as { key: string; value: { logPsi: number; column: number | null } }[];
      yield {
        sampleId: row.sample_id as string,
        index: row.index as number,
        psi: Object.fromEntries(
          entries.map(({ key, value }) => [
            key,
            { logPsi: value.logPsi, ...(value.column === null ? {} : { column: value.column }) },
          ]),
        ),
      };
    }
  }

  /** Folds the journals into `attention.parquet`, the newest measurement of a response winning. */
  async seal(): Promise<void> {
    const journals = await journalFiles(join(this.#directory, "journal"), "attention");
    if (journals.length === 0) return;
    const query = await this.#query();
    if (query !== undefined) await writeQuery(this.#database, `SELECT * FROM (${query}) ORDER BY ${KEY}`, this.path);
    for (const file of journals) await rm(file);
  }

  async #query(): Promise<string | undefined> {
    const journals = await journalFiles(join(this.#directory, "journal"), "attention");
    const parts: string[] = [];
    if (existsSync(this.path)) parts.push(`SELECT *, 0 AS line FROM ${sqlText(this.path)}`);
    if (journals.length > 0) {
      parts.push(
        `SELECT ${FROM_JOURNAL}, 1 + row_number() OVER () AS line FROM ${readJsonLines(journals, ATTENTION_COLUMNS)}`,
      );
    }
    if (parts.length === 0) return undefined;
    return `SELECT DISTINCT ON (${KEY}) * EXCLUDE (line) FROM (${parts.join(" UNION ALL BY NAME ")}) ORDER BY ${KEY}, line DESC`;
  }
}

/** Samples set aside under these settings, with the reason; they stay in the journal, being few. */
export async function readRefused(
  database: Database,
  directory: string,
  settings: readonly string[],
): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  const journals = await journalFiles(join(directory, "journal"), "refused");
  if (journals.length === 0) return refused;
  for await (const row of database.rows(`SELECT * FROM ${readJsonLines(journals, REFUSED_COLUMNS)}`)) {
    if (settings.includes(row.settings as string)) refused.set(row.sampleId as string, row.reason as string);
  }
  return refused;
}
