import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { type Database, sqlText } from "./database.ts";

/** Columns of a table and their DuckDB types, in order. */
export type Columns = Readonly<Record<string, string>>;

/** The tables of a run directory. */
export const SAMPLES_COLUMNS: Columns = {
  id: "VARCHAR",
  file: "VARCHAR",
  row: "BIGINT",
  row_id: "VARCHAR",
  question: "VARCHAR",
  ground_truth: "VARCHAR",
  choices: "VARCHAR[]",
  images: "STRUCT(width INTEGER, height INTEGER, media_type VARCHAR, bytes BIGINT)[]",
  kind: "VARCHAR",
  options: "INTEGER",
  ungradable: "VARCHAR",
};

export const ROLLOUT_COLUMNS: Columns = {
  settings: "VARCHAR",
  sampleId: "VARCHAR",
  arm: "VARCHAR",
  index: "INTEGER",
  text: "VARCHAR",
  tokenIds: "INTEGER[]",
  promptTokens: "INTEGER",
  imageTokens: "INTEGER",
  responseTokens: "INTEGER",
  finish: "VARCHAR",
  origin: "VARCHAR",
  loggedScore: "DOUBLE",
};

export const GRADE_COLUMNS: Columns = {
  settings: "VARCHAR",
  sampleId: "VARCHAR",
  arm: "VARCHAR",
  index: "INTEGER",
  verdict: "VARCHAR",
  answer: "VARCHAR",
  rule: "VARCHAR",
  reason: "VARCHAR",
  grader: "VARCHAR",
};

export const ATTENTION_COLUMNS: Columns = {
  settings: "VARCHAR",
  sampleId: "VARCHAR",
  index: "INTEGER",
  psi: 'MAP(VARCHAR, STRUCT("logPsi" DOUBLE, "column" INTEGER))',
  imageMass: "DOUBLE",
  entropy: "DOUBLE",
  topMass: "DOUBLE",
  token: "VARCHAR",
  tokenMismatch: "BOOLEAN",
};

export const REFUSED_COLUMNS: Columns = { settings: "VARCHAR", sampleId: "VARCHAR", reason: "VARCHAR" };

/** DuckDB's own limit; its buffers are twice as large, so it is only raised where a line is known to be longer. */
const LINE_BYTES = 16 * 1024 * 1024;

/**
 * How journals are read: `whole` by the process that holds the run and has cut off what was torn,
 * `growing` by one that looks on; a line another process is just writing does not count yet.
 */
export type JournalReading = "whole" | "growing";

/** `read_json` over newline-delimited files with exactly these columns, and lines of at most `longest` bytes. */
export function readJsonLines(
  files: readonly string[],
  columns: Columns,
  { longest = LINE_BYTES, reading = "whole" }: { readonly longest?: number; readonly reading?: JournalReading } = {},
): string {
  const spec = Object.entries(columns)
    .map(([name, type]) => `${sqlText(name)}: ${sqlText(type)}`)
    .join(", ");
  const list = files.map(sqlText).join(", ");
  return `read_json([${list}], format='newline_delimited', columns={${spec}}, maximum_object_size=${Math.max(LINE_BYTES, longest)}, ignore_errors=${reading === "growing"})`;
}

/** Writes the result of a query as Parquet: temporary, fsync, rename. */
export async function writeQuery(database: Database, query: string, path: string): Promise<void> {
  const temporary = `${path}.tmp`;
  await database.run(`COPY (${query}) TO ${sqlText(temporary)} (FORMAT parquet, COMPRESSION zstd)`);
  await syncAndRename(temporary, path);
}

async function syncAndRename(temporary: string, path: string): Promise<void> {
  const file = await open(temporary, "r+");
  await file.sync();
  await file.close();
  await rename(temporary, path);
}

/**
 * Writes a Parquet table as CSV with a header, streamed. A text that a spreadsheet would take for
 * a formula gets an apostrophe in front; the Parquet table holds it as it is.
 */
export async function writeCsv(database: Database, columns: Columns, table: string, path: string): Promise<void> {
  const cells = Object.entries(columns).map(([name, type]) => {
    const column = `"${name}"`;
    if (type !== "VARCHAR") return column;
    const formula = `regexp_matches(${column}, '^[=+@\\t\\r-]') AND try_cast(${column} AS DOUBLE) IS NULL`;
    return `CASE WHEN ${formula} THEN '''' || ${column} ELSE ${column} END AS ${column}`;
  });
  const temporary = `${path}.tmp`;
  await database.run(
    `COPY (SELECT ${cells.join(", ")} FROM ${sqlText(table)}) TO ${sqlText(temporary)} (FORMAT csv, HEADER true)`,
  );
  await syncAndRename(temporary, path);
}

/**
 * Writes rows as a Parquet table with these columns, in the order given. Streams through a
 * temporary file, so memory does not grow with the rows; same rows, same bytes.
 */
export async function writeTable(
  database: Database,
  columns: Columns,
  rows: AsyncIterable<object> | Iterable<object>,
  path: string,
): Promise<void> {
  const lines = `${path}.jsonl.tmp`;
  const stream = createWriteStream(lines);
  let longest = 0;
  try {
    for await (const row of rows) {
      const line = Buffer.from(`${JSON.stringify(row)}\n`);
      longest = Math.max(longest, line.length);
      if (!stream.write(line)) await once(stream, "drain");
    }
    stream.end();
    await finished(stream);
    await writeQuery(database, `SELECT * FROM ${readJsonLines([lines], columns, { longest })}`, path);
  } finally {
    stream.destroy();
    await rm(lines, { force: true });
  }
}
