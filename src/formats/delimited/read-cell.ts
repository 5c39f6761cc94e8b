import { readList } from "./read-list.ts";
import type { Cell } from "./split-records.ts";

/** What pandas, and `datasets` through it, read as a missing value, whether quoted or not. */
const MISSING: ReadonlySet<string> = new Set([
  "",
  "#N/A",
  "#N/A N/A",
  "#NA",
  "-1.#IND",
  "-1.#QNAN",
  "-NaN",
  "-nan",
  "1.#IND",
  "1.#QNAN",
  "<NA>",
  "N/A",
  "NA",
  "NULL",
  "NaN",
  "None",
  "n/a",
  "nan",
  "null",
]);

const QUOTE = 0x22;

/** The text of a cell, its quotes undone. */
export function readText(bytes: Buffer, { start, end }: Cell): string {
  const text = bytes.toString("utf8", start, end);
  return bytes[start] === QUOTE ? unquote(text) : text;
}

/** The same; null where pandas finds a missing value. */
export function readCell(bytes: Buffer, cell: Cell): string | null {
  const text = readText(bytes, cell);
  return MISSING.has(text) ? null : text;
}

/** The same, as a list where the text is one of Python's or JSON's: of texts, numbers as texts. */
export function readListCell(bytes: Buffer, cell: Cell): string | null | readonly string[] {
  const text = readCell(bytes, cell);
  return text === null ? null : (readList(text) ?? text);
}

/** What stands after the closing quote is text too, as in pandas. */
function unquote(text: string): string {
  let close = text.indexOf('"', 1);
  while (text[close + 1] === '"') close = text.indexOf('"', close + 2);
  return text.slice(1, close).replaceAll('""', '"') + text.slice(close + 1);
}
