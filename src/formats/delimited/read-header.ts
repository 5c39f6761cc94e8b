import { isUtf8 } from "node:buffer";
import { WinnowError } from "../../errors.ts";
import { readUnpacked } from "../compression.ts";
import type { NamedFile } from "../subset-target.ts";
import { readText } from "./read-cell.ts";
import { readRecords } from "./read-records.ts";
import type { DelimitedRecord } from "./split-records.ts";

/** Characters that may stand between cells. */
const DELIMITERS = [",", "\t", ";"];

/** What a file's first record says. */
export interface Header {
  readonly columns: readonly string[];
  /** Code of the character between cells. */
  readonly delimiter: number;
}

/**
 * The columns that a file's first record names, and what stands between them: the usual
 * character, or another one where the header has none of it. Throws `WinnowError("input")` when
 * there is no header, or it is not UTF-8.
 */
export async function readHeader(file: NamedFile, usual: string): Promise<Header> {
  let header: { readonly record: DelimitedRecord; readonly delimiter: number } | undefined;
  for (const character of [usual, ...DELIMITERS.filter((one) => one !== usual)]) {
    const delimiter = character.charCodeAt(0);
    const record = await readFirst(file, delimiter);
    if (header === undefined || record.cells.length > 1) header = { record, delimiter };
    if (record.cells.length > 1) break;
  }
  const { record, delimiter } = header as NonNullable<typeof header>;
  if (!isUtf8(record.bytes)) {
    const start = record.bytes.subarray(0, 4).toString("hex");
    throw new WinnowError("input", `${file.name}: expected a header in UTF-8; found bytes starting with ${start}.`);
  }
  const columns = record.cells.map((cell) => readText(record.bytes, cell));
  return { columns, delimiter };
}

async function readFirst(file: NamedFile, delimiter: number): Promise<DelimitedRecord> {
  for await (const record of readRecords(file, readUnpacked(file), delimiter)) return record;
  throw new WinnowError("input", `${file.name}: expected a header that names the columns; found nothing but space.`);
}
