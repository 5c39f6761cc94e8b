/**
 * The type of an exported column, as far as trainers need types: text, whole numbers, numbers,
 * an image as `{bytes, path}`, a list `[T]`, or an object of parts. Any value may be null.
 */
export type ColumnType =
  | "text"
  | "integer"
  | "number"
  | "image"
  | readonly [ColumnType]
  | { readonly [part: string]: ColumnType };

/** Columns in order. */
export type ColumnTypes = Readonly<Record<string, ColumnType>>;

/** Whether a type is a list. */
export function isListType(type: ColumnType): type is readonly [ColumnType] {
  return Array.isArray(type);
}
