import { namingFaults } from "../naming-faults.ts";
import type { NamedFile } from "../subset-target.ts";
import { DelimitedError, type DelimitedRecord, splitRecords } from "./split-records.ts";

/** The records of a file, header included. Throws `WinnowError("input")` naming it where it is malformed. */
export function readRecords(
  { name }: NamedFile,
  chunks: AsyncIterable<Buffer>,
  delimiter: number,
): AsyncGenerator<DelimitedRecord> {
  return namingFaults({ name, kind: "text", faults: [DelimitedError] }, splitRecords(chunks, delimiter));
}
