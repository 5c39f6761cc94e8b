import { assemble } from "./assemble.ts";
import { type ColumnCursor, openColumn } from "./column-cursor.ts";
import type { Footer, RowGroup } from "./footer.ts";
import { MalformedParquet } from "./malformed.ts";
import { leavesOf, type SchemaNode } from "./schema.ts";
import type { Lane, WindowReader } from "./window-reader.ts";

/** A row's place in its file, and the values of the columns in use. */
export interface ParquetRow {
  readonly row: number;
  readonly values: Map<string, unknown>;
}

/**
 * Reads the named columns of the rows that `wanted` takes, in order, one row at a time; of
 * each column one page is held. Row groups without a wanted row are not read. Throws
 * `MalformedParquet`.
 */
export async function* readRows(
  source: { readonly footer: Footer; readonly reader: WindowReader },
  names: readonly string[],
  wanted: (row: number) => boolean,
): AsyncGenerator<ParquetRow> {
  const { footer, reader } = source;
  const lanes = new Map<SchemaNode, Lane>();
  const laneOf = (leaf: SchemaNode) => {
    const lane = lanes.get(leaf) ?? reader.lane(leaf.maxRepetition === 0);
    lanes.set(leaf, lane);
    return lane;
  };
  for (const group of footer.rowGroups) {
    let columns: readonly OpenColumn[] | undefined;
    for (let row = 0; row < group.rows; row++) {
      if (!wanted(group.firstRow + row)) continue;
      columns ??= openColumns(footer, group, names, laneOf);
      const values = new Map<string, unknown>();
      for (const { node, cursors } of columns) {
        const entries = [];
        for (const cursor of cursors) entries.push(await cursor.row(row));
        values.set(node.name, assemble(node, entries));
      }
      yield { row: group.firstRow + row, values };
    }
  }
}

interface OpenColumn {
  readonly node: SchemaNode;
  readonly cursors: readonly ColumnCursor[];
}

function openColumns(
  footer: Footer,
  group: RowGroup,
  names: readonly string[],
  laneOf: (leaf: SchemaNode) => Lane,
): readonly OpenColumn[] {
  return names.map((column) => {
    const node = footer.schema.children.find(({ name }) => name === column);
    if (node === undefined) throw new MalformedParquet(`expected a column \`${column}\`; found none`);
    const cursors = leavesOf(node).map((leaf) => {
      const chunk = group.columns[leaf.leaf?.index ?? -1];
      if (chunk === undefined) throw new MalformedParquet(`expected data for column \`${column}\`; found none`);
      return openColumn(laneOf(leaf), chunk, leaf);
    });
    return { node, cursors };
  });
}
