import type { Row } from "./row.ts";

/** Columns under other names, each made of these of the file. */
export type ColumnNames = ReadonlyMap<string, readonly string[]>;

const FILE_NAME = /^(?:(.*)_)?file_name(s?)$/;

/**
 * The image columns that Hugging Face `datasets` makes of an image folder's metadata
 * (`packaged_modules/folder_based_builder`): `image` of `file_name`, `images` of `file_names`, `x`
 * of `x_file_name` and `x_file_names`. Where none is called image or images, all of them together
 * are `images`, in the order of the columns.
 */
export function nameImageColumns(columns: readonly string[]): ColumnNames {
  const names = new Map<string, readonly string[]>();
  for (const column of columns) {
    const match = FILE_NAME.exec(column);
    if (match !== null) names.set(match[1] ?? `image${match[2]}`, [column]);
  }
  const isNamed = ["image", "images"].some((name) => names.has(name) || columns.includes(name));
  if (names.size > 0 && !isNamed) names.set("images", [...names.values()].flat());
  return names;
}

/** The row with these columns too. */
export function withNamedColumns(row: Row, names: ColumnNames): Row {
  if (names.size === 0) return row;
  const named = new Map(row);
  for (const [name, columns] of names) {
    const values = columns.map((column) => row.get(column));
    named.set(name, values.length === 1 ? values[0] : values.flat());
  }
  return named;
}
