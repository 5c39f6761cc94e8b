import type { RowValues } from "../build-sample.ts";
import type { Dataset } from "../format.ts";
import { UnusableValue } from "../rejection.ts";
import type { JsonMember } from "./scan-json.ts";

/**
 * The fields of a JSON object as plain data. Only they are parsed; numbers keep their source
 * text, so that 1.0 and 12345678901234567890 stay what they are. Of a repeated name the last
 * counts, as in `JSON.parse`.
 */
export function readValues(bytes: Buffer, members: readonly JsonMember[], fields: Dataset["fields"]): RowValues {
  const read = (column: string | undefined): unknown => {
    if (column === undefined) return undefined;
    const member = members.findLast(({ key }) => key === column);
    return member === undefined ? undefined : readValue(bytes, member);
  };
  return {
    question: read(fields.question),
    answer: read(fields.answer),
    images: read(fields.images),
    id: read(fields.id),
    choices: read(fields.choices),
  };
}

function readValue(bytes: Buffer, { start, end }: JsonMember): unknown {
  if (end - start > MAX_TEXT) return new UnusableValue("wrong-type", `${end - start} bytes of text`);
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
