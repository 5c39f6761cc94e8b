import { type Database, sqlText } from "./database.ts";
import type { SampleEntry } from "./ledger.ts";

/**
 * The usable rows of a `samples.parquet` in dataset order, exact duplicates included, without their
 * texts; with `fileRow` that row alone.
 */
export async function readSampleEntries(database: Database, path: string, fileRow?: number): Promise<SampleEntry[]> {
  const entries: SampleEntry[] = [];
  const only = fileRow === undefined ? "" : `WHERE file_row_number = ${fileRow}`;
  const chunks = database.columns(
    `SELECT id, file, "row"::DOUBLE, row_id, kind, options, ungradable FROM read_parquet(${sqlText(path)}, file_row_number=true)
     ${only} ORDER BY file_row_number`,
  );
  for await (const [
    ids = [],
    files = [],
    rows = [],
    rowIds = [],
    kinds = [],
    options = [],
    ungradable = [],
  ] of chunks) {
    for (const [at, id] of ids.entries()) {
      entries.push({
        id: id as string,
        file: files[at] as string,
        row: rows[at] as number,
        ...(rowIds[at] === null ? {} : { rowId: rowIds[at] as string }),
        kind: kinds[at] as string,
        ...(options[at] === null ? {} : { options: options[at] as number }),
        ...(ungradable[at] === null ? {} : { ungradable: ungradable[at] as string }),
      });
    }
  }
  return entries;
}
