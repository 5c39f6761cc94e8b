import type { FieldNames } from "./format.ts";

/** The columns of a row that are in use, as plain data (see `RowValues`), by name. */
export type Row = ReadonlyMap<string, unknown>;

/** The first rows of a dataset, with the columns that a dialect is recognised by. */
export interface Preview {
  /** The fields that were named. */
  readonly named: FieldNames;
  /** Names of all columns, whether read or not. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

const PLACE = /\{([^{}]+)\}/g;

/**
 * What a row holds under a field's name: a column (`answer`), a part of one
 * (`reward_model.ground_truth`, `answers.0`), or a text made of several
 * (`images/{directory}/{identifier}.png`; null when one of them is). A column whose own name
 * has points or braces comes first. `undefined` when there is no such thing.
 */
export function fieldValue(row: Row, name: string): unknown {
  if (row.has(name)) return row.get(name);
  if (isTemplate(name)) return fillTemplate(row, name);
  for (const [column, path] of splits(name)) {
    if (row.has(column)) return path.reduce(member, row.get(column));
  }
  return undefined;
}

/** A value as a list: a list itself, nothing for null, or else the one value. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : (value ?? "") === "" ? [] : [value];
}

/** The columns that a field's name draws on; empty when one of them is not there. */
export function columnsOf(name: string, columns: readonly string[]): readonly string[] {
  if (columns.includes(name)) return [name];
  if (isTemplate(name)) {
    const parts = [...name.matchAll(PLACE)].map((match) => columnsOf(match[1] as string, columns));
    return parts.some((part) => part.length === 0) ? [] : parts.flat();
  }
  const column = splits(name).find(([prefix]) => columns.includes(prefix))?.[0];
  return column === undefined ? [] : [column];
}

/** `a.b.c` as `a.b` and [`c`], then `a` and [`b`, `c`]. */
function splits(name: string): readonly (readonly [string, readonly string[]])[] {
  const parts = name.split(".");
  return parts.slice(1).map((_, index) => {
    const end = parts.length - 1 - index;
    return [parts.slice(0, end).join("."), parts.slice(end)] as const;
  });
}

function isTemplate(name: string): boolean {
  return name.search(PLACE) !== -1;
}

function fillTemplate(row: Row, template: string): string | null {
  let whole = true;
  const text = template.replace(PLACE, (_, name: string) => {
    const value = fieldValue(row, name);
    whole &&= ["string", "number", "bigint", "boolean"].includes(typeof value);
    return String(value);
  });
  return whole ? text : null;
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
