import type { TemporaryFile } from "../../lib/open-temporary-file.ts";
import { openColumn } from "./column-cursor.ts";
import { encodeFooter, type Footer, type RowGroup } from "./footer.ts";
import { type ColumnWriter, createColumnWriter } from "./row-group-writer.ts";
import { leavesOf, type SchemaNode } from "./schema.ts";
import { type ThriftStruct, TYPE } from "./thrift.ts";
import { i64, listField, makeStruct } from "./thrift-access.ts";
import type { WindowReader } from "./window-reader.ts";

/** A row group is written once it holds this many bytes, so that memory stays within some times of it. */
const GROUP_BYTES = 2 ** 26;
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
  const writers = leafPaths(footer.schema).map(({ leaf, path }) => ({
    leaf,
    lane: reader.lane(leaf.maxRepetition === 0),
    writer: createColumnWriter(leaf, path, footer.rowGroups[0]?.columns[leaf.leaf?.index ?? 0]),
  }));
  const groups: ThriftStruct[] = [];
  let written = 0;
  let pending = 0;
  const flush = async () => {
    if (pending === 0) return;
    groups.push(
      await writeGroup(
        writers.map(({ writer }) => writer),
        pending,
        sink,
      ),
    );
    written += pending;
    pending = 0;
  };
  await sink.write(Buffer.from("PAR1"));
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
      pending += batch.length;
      if (writers.reduce((sum, { writer }) => sum + writer.held, 0) >= GROUP_BYTES) await flush();
    }
  }
  await flush();
  await sink.write(encodeFooter(footer.metadata, written, groups));
  return written;
}

async function writeGroup(writers: readonly ColumnWriter[], rows: number, sink: TemporaryFile): Promise<ThriftStruct> {
  const chunks: ThriftStruct[] = [];
  let bytes = 0;
  for (const writer of writers) {
    const { chunk, bytes: more } = await writer.flush(sink);
    chunks.push(chunk);
    bytes += more;
  }
  return makeStruct(listField(1, TYPE.struct, chunks), i64(2, bytes), i64(3, rows));
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

function leafPaths(root: SchemaNode): readonly { leaf: SchemaNode; path: readonly string[] }[] {
  const visit = (node: SchemaNode, path: readonly string[]): { leaf: SchemaNode; path: readonly string[] }[] =>
    node.leaf === undefined ? node.children.flatMap((one) => visit(one, [...path, one.name])) : [{ leaf: node, path }];
  return visit(root, []).slice(0, leavesOf(root).length);
}
