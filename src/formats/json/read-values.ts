import { UnusableValue } from "../rejection.ts";
import type { Row } from "../row.ts";
import type { JsonRow } from "./layouts.ts";
import { type JsonMember, scanObject } from "./scan-json.ts";

/** The column of a row's name in an object of rows, unless the rows have one of this name. */
export const ROW_NAME = "key";

/**
 * The named columns of a JSON object as plain data. Only they are parsed; numbers, in objects
 * too, keep their source text, so that 1.0 and 12345678901234567890 stay what they are. Of a
 * repeated name the last counts, as in `JSON.parse`.
 */
export function readValues(
  { bytes, key }: Pick<JsonRow, "bytes" | "key">,
  members: readonly JsonMember[],
  columns: readonly string[],
): Row {
  const row = new Map<string, unknown>();
  for (const column of columns) {
    const member = members.findLast((one) => one.key === column);
    if (member !== undefined) row.set(column, readValue(bytes, member, 1));
    else if (column === ROW_NAME && key !== undefined) row.set(column, key);
  }
  return row;
}

function readValue(bytes: Buffer, { start, end }: Omit<JsonMember, "key">, depth: number): unknown {
  if (end - start > MAX_TEXT) return new UnusableValue("wrong-type", `${end - start} bytes of text`);
  if (bytes[start] === 0x7b && depth < MAX_DEPTH) {
    const object = bytes.subarray(start, end);
    return Object.fromEntries(scanObject(object).map((member) => [member.key, readValue(object, member, depth + 1)]));
  }
  const text = bytes.toString("utf8", start, end);
  if (text === "NaN" || text.endsWith("Infinity")) return Number.NaN;
  if (/^[-\d]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return new UnusableValue("wrong-type", `text that is not plain JSON (${(error as Error).message})`);
  }
}

/** A V8 string's length at most is 2²⁹ − 24. */
const MAX_TEXT = 2 ** 29 - 24;
/** Objects within objects whose numbers keep their text; nothing documented is deeper. */
const MAX_DEPTH = 5;
