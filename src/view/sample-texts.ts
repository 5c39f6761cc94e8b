import { type Database, sqlText } from "../runs/database.ts";
import type { RolloutTable } from "../runs/rollout-table.ts";
import type { CutText, SampleRow } from "./protocol.ts";

/** Characters of a question and a ground truth that a row of the table shows. */
const ROW_CHARACTERS = 200;

/** What is searched for, at most. */
export const SEARCH_CHARACTERS = 500;

/** The texts of the samples in these rows of `samples.parquet`, cut to what the table shows, in no order. */
export async function readRows(
  database: Database,
  path: string,
  fileRows: readonly number[],
): Promise<Map<number, Omit<SampleRow, "place">>> {
  const found = new Map<number, Omit<SampleRow, "place">>();
  if (fileRows.length === 0) return found;
  const cut = (column: string): string => `left(${column}, ${ROW_CHARACTERS}) AS ${column}`;
  const rows = database.rows(
    `SELECT file_row_number, ${cut("question")}, ${cut("ground_truth")}, kind, ${cut("row_id")}, file, "row"
     FROM read_parquet(${sqlText(path)}, file_row_number=true) WHERE file_row_number IN (${fileRows.join(", ")})`,
  );
  for await (const row of rows) {
    found.set(row.file_row_number as number, {
      question: row.question as string,
      groundTruth: row.ground_truth as string,
      kind: row.kind as string,
      rowId: row.row_id as string | null,
      file: row.file as string,
      row: row.row as number,
    });
  }
  return found;
}

/**
 * Rows of `samples.parquet` whose question, ground truth or id holds `text`, whatever the case;
 * with `rollouts`, also those with a response that does (every response is read then).
 */
export async function searchRows(
  database: Database,
  path: string,
  text: string,
  rollouts?: RolloutTable,
): Promise<Uint32Array> {
  const wanted = sqlText(text.slice(0, SEARCH_CHARACTERS).toLowerCase());
  const columns = ["question", "ground_truth", "row_id", "id"];
  const own = columns.map((column) => `contains(lower(${column}), ${wanted})`).join(" OR ");
  const responses = await rollouts?.sampleIdsWhere(`contains(lower(text), ${wanted})`);
  const either = responses === undefined ? own : `${own} OR id IN (${responses})`;
  const places: number[] = [];
  const chunks = database.columns(
    `SELECT file_row_number::DOUBLE FROM read_parquet(${sqlText(path)}, file_row_number=true) WHERE ${either}`,
  );
  for await (const [rows = []] of chunks) places.push(...(rows as number[]));
  return Uint32Array.from(places);
}

/** At most `limit` characters of a text, and how many there are. */
export function cutText(text: string, limit: number): CutText {
  return { text: text.slice(0, limit).toWellFormed(), length: text.length };
}
