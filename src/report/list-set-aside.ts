import { existsSync } from "node:fs";
import { join } from "node:path";
import { readLines } from "../lib/read-lines.ts";
import { remember } from "../lib/remember.ts";
import { type Database, sqlText } from "../runs/database.ts";

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

/** Lists rejected rows by code, and the first ungradable ones; `rejected.jsonl` is read line by line. */
export async function listSetAside(database: Database, directory: string): Promise<SetAside> {
  return { rejected: await listRejected(directory), ungradable: await listUngradable(database, directory) };
}

async function listRejected(directory: string): Promise<SetAside["rejected"]> {
  const path = join(directory, "rejected.jsonl");
  if (!existsSync(path)) return [];
  const byCode = new Map<string, { rows: number; examples: SetAsideRow[] }>();
  for await (const line of readLines(path)) {
    const { code, file, row, reason } = JSON.parse(line) as SetAsideRow & { readonly code: string };
    const found = remember(byCode, code, () => ({ rows: 0, examples: [] }));
    found.rows += 1;
    if (found.examples.length < EXAMPLES) found.examples.push({ file, row, reason });
  }
  const codes = [...byCode].map(([code, found]) => ({ code, ...found }));
  return codes.sort((a, b) => b.rows - a.rows || (a.code < b.code ? -1 : 1));
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
