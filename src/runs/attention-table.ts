import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Attention, Psi } from "../records.ts";
import { type Database, sqlText } from "./database.ts";
import { journalFiles } from "./journal.ts";
import { ATTENTION_COLUMNS, type JournalReading, REFUSED_COLUMNS, readJsonLines, writeQuery } from "./tables.ts";

/** One measured response that is on disk. */
export interface StoredAttention {
  readonly sampleId: string;
  readonly index: number;
  readonly logPsi: number;
}

/** Measured responses as columns. */
export interface MeasuredResponses {
  readonly place: Int32Array;
  readonly index: Int32Array;
  /** One column for each option set asked for. */
  readonly logPsi: readonly Float64Array[];
}

const FROM_JOURNAL = `settings, "sampleId" AS sample_id, "index", psi, "imageMass" AS image_mass, entropy, "topMass" AS top_mass, token, "tokenMismatch" AS token_mismatch`;
const KEY = 'settings, sample_id, "index"';

/** Every attention measurement of a run: the sealed table and the journals that came after it. */
export class AttentionTable {
  readonly #database: Database;
  readonly #directory: string;
  readonly #reading: JournalReading;

  constructor(database: Database, directory: string, reading: JournalReading = "whole") {
    this.#database = database;
    this.#directory = directory;
    this.#reading = reading;
  }

  get path(): string {
    return join(this.#directory, "attention.parquet");
  }

  /** log ψ by this option set of the responses sampled under these settings; those measured without it are left out. */
  async *stored(settings: string, optionSet: string): AsyncIterable<StoredAttention> {
    const query = await this.query();
    if (query === undefined) return;
    const chunks = this.#database.columns(
      `SELECT sample_id, "index", psi[${sqlText(optionSet)}]."logPsi" AS log_psi FROM (${query})
       WHERE settings = ${sqlText(settings)} AND log_psi IS NOT NULL`,
    );
    for await (const [ids = [], indices = [], values = []] of chunks) {
      for (const [row, id] of ids.entries()) {
        yield { sampleId: id as string, index: indices[row] as number, logPsi: values[row] as number };
      }
    }
  }

  /**
   * log ψ by these option sets of the first `m` responses of every sample, in no order; NaN where one
   * was measured without the set. Samples are named by `place`, as `places` (a table of id, place) says.
   */
  async *measured(
    settings: string,
    optionSets: readonly string[],
    m: number,
    places: string,
  ): AsyncIterable<MeasuredResponses> {
    const query = await this.query();
    if (query === undefined) return;
    const psi = optionSets.map((name) => `coalesce(psi[${sqlText(name)}]."logPsi", 'NaN')::DOUBLE`);
    const chunks = this.#database.vectors(
      `SELECT place::INTEGER, "index"::INTEGER, ${psi.join(", ")} FROM (${query}) a JOIN ${places} s ON a.sample_id = s.id
       WHERE settings = ${sqlText(settings)} AND "index" < ${m}`,
    );
    for await (const [place, index, ...logPsi] of chunks) yield { place, index, logPsi } as MeasuredResponses;
  }

  /** What was measured on one sample's responses, by the index of the response. */
  async read(settings: string, sampleId: string): Promise<Map<number, Attention>> {
    const found = new Map<number, Attention>();
    const query = await this.query();
    if (query === undefined) return found;
    const rows = this.#database.rows(
      `SELECT "index", map_keys(psi) AS names, map_values(psi) AS psi, image_mass, entropy, top_mass, token
       FROM (${query}) WHERE settings = ${sqlText(settings)} AND sample_id = ${sqlText(sampleId)}`,
    );
    for await (const row of rows) {
      const values = row.psi as readonly { readonly logPsi: number; readonly column: number | null }[];
      const psi = (row.names as string[]).map((name, at): [string, Psi] => {
        const { logPsi, column } = values[at]!;
        return [name, { logPsi, ...(column === null ? {} : { column }) }];
      });
      found.set(row.index as number, {
        sampleId,
        index: row.index as number,
        psi: Object.fromEntries(psi),
        imageMass: row.image_mass as number,
        entropy: row.entropy as number,
        topMass: row.top_mass as number,
        ...(row.token === null ? {} : { token: row.token as string }),
      });
    }
    return found;
  }

  /** Samples with at least one measured response sampled under these settings. */
  async countSamples(settings: string): Promise<number> {
    const query = await this.query();
    if (query === undefined) return 0;
    const row = await this.#database.first(
      `SELECT count(DISTINCT sample_id) AS n FROM (${query}) WHERE settings = ${sqlText(settings)}`,
    );
    return row?.n as number;
  }

  /** Responses sampled under these settings whose tokens, or whose prompt's, were others than the sampled ones. */
  async countMismatches(settings: string): Promise<number> {
    const query = await this.query();
    if (query === undefined) return 0;
    // Tables of an older Winnow have no such column.
    const whole = `SELECT * FROM (${query}) UNION ALL BY NAME SELECT NULL::BOOLEAN AS token_mismatch WHERE false`;
    const row = await this.#database.first(
      `SELECT count(*) FILTER (token_mismatch) AS n FROM (${whole}) WHERE settings = ${sqlText(settings)}`,
    );
    return row?.n as number;
  }

  /** Folds the journals into `attention.parquet`, the newest measurement of a response winning. */
  async seal(): Promise<void> {
    const journals = await journalFiles(join(this.#directory, "journal"), "attention");
    if (journals.length === 0) return;
    const query = await this.query();
    if (query !== undefined) await writeQuery(this.#database, `SELECT * FROM (${query}) ORDER BY ${KEY}`, this.path);
    for (const file of journals) await rm(file);
  }

  /** One row per measured response as SQL, for other queries to build on; `undefined` when there is none. */
  async query(): Promise<string | undefined> {
    const journals = await journalFiles(join(this.#directory, "journal"), "attention");
    const parts: string[] = [];
    if (existsSync(this.path)) parts.push(`SELECT *, 0 AS line FROM ${sqlText(this.path)}`);
    if (journals.length > 0) {
      parts.push(
        `SELECT ${FROM_JOURNAL}, 1 + row_number() OVER () AS line FROM ${readJsonLines(journals, ATTENTION_COLUMNS, { reading: this.#reading })}`,
      );
    }
    if (parts.length === 0) return undefined;
    if (journals.length === 0) return `SELECT * EXCLUDE (line) FROM (${parts[0]})`;
    return `SELECT DISTINCT ON (${KEY}) * EXCLUDE (line) FROM (${parts.join(" UNION ALL BY NAME ")}) ORDER BY ${KEY}, line DESC`;
  }
}

/** Samples set aside under these settings, with the reason; they stay in the journal, being few. */
export async function readRefused(
  database: Database,
  directory: string,
  settings: readonly string[],
  reading: JournalReading = "whole",
): Promise<Map<string, string>> {
  const refused = new Map<string, string>();
  const journals = await journalFiles(join(directory, "journal"), "refused");
  if (journals.length === 0) return refused;
  for await (const row of database.rows(`SELECT * FROM ${readJsonLines(journals, REFUSED_COLUMNS, { reading })}`)) {
    if (settings.includes(row.settings as string)) refused.set(row.sampleId as string, row.reason as string);
  }
  return refused;
}
