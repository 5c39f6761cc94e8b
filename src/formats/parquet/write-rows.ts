import type { TemporaryFile } from "../../lib/open-temporary-file.ts";
import type { ColumnTypes } from "../column-type.ts";
import { declareColumns } from "./declare-columns.ts";
import { createColumnWriter } from "./row-group-writer.ts";
import { openRowGroups } from "./row-groups.ts";
import { buildSchema, leafPaths } from "./schema.ts";
import { shred } from "./shred.ts";
import { children } from "./thrift-access.ts";

/** A Parquet file of plain rows that is being written. */
export interface ParquetRows {
  /** Takes the columns by name; one that the row lacks is null. */
  add(row: Readonly<Record<string, unknown>>): Promise<void>;
  /** Writes the footer; the sink is still to be committed. */
  finish(): Promise<void>;
}

/** Starts a Parquet file of these columns, laid out as Hugging Face `datasets` writes its own. Holds one row group in memory. */
export async function openParquetRows(
  columns: ColumnTypes,
  sink: TemporaryFile,
  createdBy: string,
): Promise<ParquetRows> {
  const metadata = declareColumns(columns, createdBy);
  const schema = buildSchema(children(metadata, 2));
  const writersOf = schema.children.map((column) =>
    leafPaths(column, [column.name]).map(({ leaf, path }) => createColumnWriter(leaf, path, undefined)),
  );
  const groups = await openRowGroups(writersOf.flat(), sink);
  return {
    async add(row) {
      for (const [at, column] of schema.children.entries()) {
        const entries = shred(column, row[column.name]);
        for (const [leaf, writer] of (writersOf[at] ?? []).entries()) writer.add(entries[leaf] ?? []);
      }
      await groups.added(1);
    },
    async finish() {
      await groups.finish(metadata);
    },
  };
}
