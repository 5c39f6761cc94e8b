import { existsSync } from "node:fs";
import { join } from "node:path";
import { remember } from "../lib/remember.ts";
import { type Database, sqlText } from "../runs/database.ts";
import { type Columns, readJsonLines } from "../runs/tables.ts";

const REJECTED_COLUMNS: Columns = {
  file: "VARCHAR",
  row: "BIGINT",
  id: "VARCHAR",
  code: "VARCHAR",
  reason: "VARCHAR",
};

/** Examples that are shown of each code, and of ungradable ground truths. */
const EXAMPLES = 3;
const UNGRADABLE = 10;

/** A row that was set aside, with the reason, and for an ungradable one its ground truth. */
export interface SetAsideRow {
  readonly file: string;
  readonly row: number;
  readonly reason: string;
  readonly groundTruth?: string;
}

/** Rows that cannot be selected, and why. */
export interface SetAside {
  /** By code, most frequent first. */
  readonly rejected: readonly {
    readonly code: string;
    readonly rows: number;
    readonly examples: readonly SetAsideRow[];
  }[];
  /** The first ungradable samples; the summary counts all. */
  readonly ungradable: readonly SetAsideRow[];
}

/** Lists rejected rows by code, and the first ungradable ones. */
export async function listSetAside(database: Database, directory: string): Promise<SetAside> {
  return { rejected: await listRejected(database, directory), ungradable: await listUngradable(database, directory) };
}

async function listRejected(database: Database, directory: string): Promise<SetAside["rejected"]> {
  const path = join(directory, "rejected.jsonl");
  if (!existsSync(path)) return [];
  const byCode = new Map<string, { rows: number; examples: SetAsideRow[] }>();
  const rows = database.rows(
    `SELECT * EXCLUDE (id) FROM (SELECT *, count(*) OVER (PARTITION BY code) AS "rows",
       row_number() OVER (PARTITION BY code ORDER BY file, row) AS place FROM ${readJsonLines([path], REJECTED_COLUMNS)})
     WHERE place <= ${EXAMPLES} ORDER BY "rows" DESC, code, place`,
  );
  for await (const { code, rows: all, file, row, reason } of rows) {
    const { examples } = remember(byCode, code as string, () => ({ rows: all as number, examples: [] }));
    examples.push({ file: file as string, row: row as number, reason: reason as string });
  }
  return [...byCode].map(([code, found]) => ({ code, ...found }));
}

async function listUngradable(database: Database, directory: string): Promise<SetAsideRow[]> {
  const path = join(directory, "samples.parquet");
  const listed: SetAsideRow[] = [];
  if (!existsSync(path)) return listed;
  const rows = database.rows(
    `SELECT file, row, ungradable AS reason, ground_truth AS "groundTruth" FROM ${sqlText(path)}
     WHERE ungradable IS NOT NULL ORDER BY file, row LIMIT ${UNGRADABLE}`,
  );
  for await (const row of rows) listed.push(row as unknown as SetAsideRow);
  return listed;
}
