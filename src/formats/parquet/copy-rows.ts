import type { TemporaryFile } from "../../lib/open-temporary-file.ts";
import { openColumn } from "./column-cursor.ts";
import type { Footer, RowGroup } from "./footer.ts";
import { createColumnWriter } from "./row-group-writer.ts";
import { openRowGroups } from "./row-groups.ts";
import { leafPaths } from "./schema.ts";
import type { WindowReader } from "./window-reader.ts";

/** Rows taken from one column before the next, so that all columns advance together. */
const BATCH_BYTES = 2 ** 24;

/**
 * Copies rows to a new Parquet file at the level of what is stored: levels and plain bytes of
 * every leaf, under the source's own schema and metadata, so that no type, null, NaN or key is
 * interpreted on the way. Row groups without a selected row are not read. Gives the rows written.
 */
export async function copyRows(
  source: { readonly footer: Footer; readonly reader: WindowReader },
  selected: ReadonlySet<number>,
  sink: TemporaryFile,
  signal?: AbortSignal,
): Promise<number> {
  const { footer, reader } = source;
  const writers = leafPaths(footer.schema, []).map(({ leaf, path }) => ({
    leaf,
    lane: reader.lane(leaf.maxRepetition === 0),
    writer: createColumnWriter(leaf, path, footer.rowGroups[0]?.columns[leaf.leaf?.index ?? 0]),
  }));
  const groups = await openRowGroups(
    writers.map(({ writer }) => writer),
    sink,
  );
  for (const group of footer.rowGroups) {
    const rows = rowsWithin(group, selected);
    const columns = writers.map(({ leaf, lane, writer }, index) => {
      const chunk = group.columns[index];
      return { writer, cursor: chunk && openColumn(lane, chunk, leaf) };
    });
    for (const batch of inBatches(rows, group)) {
      signal?.throwIfAborted();
      for (const { writer, cursor } of columns) {
        for (const row of batch) writer.add((await cursor?.row(row)) ?? []);
      }
      await groups.added(batch.length);
    }
  }
  return await groups.finish(footer.metadata);
}

/** The selected rows of a group, counted from its first, ascending. */
function rowsWithin({ firstRow, rows }: RowGroup, selected: ReadonlySet<number>): readonly number[] {
  const within: number[] = [];
  for (let row = 0; row < rows; row++) if (selected.has(firstRow + row)) within.push(row);
  return within;
}

function* inBatches(rows: readonly number[], group: RowGroup): Generator<readonly number[]> {
  const bytes = group.columns.reduce((sum, { uncompressed }) => sum + uncompressed, 0);
  const size = Math.max(1, Math.floor((BATCH_BYTES * group.rows) / Math.max(1, bytes)));
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}
