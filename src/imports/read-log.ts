import { basename } from "node:path";
import { WinnowError } from "../errors.ts";
import { detectLogLayout, LOG_LAYOUTS } from "./index.ts";
import type { LoggedResponse, LogLayout } from "./log-layout.ts";
import { readRecords } from "./read-records.ts";

/** One response of a log file and where it stands, or why there is none at that place. */
export type LogEntry =
  | { readonly row: number; readonly place: number; readonly logged: LoggedResponse }
  | { readonly row: number; readonly malformed: string };

/** The layout of a log file, found out from its first readable record; `undefined` when it is none that is known. */
export async function findLogLayout(file: string): Promise<LogLayout | undefined> {
  for await (const item of readRecords(file)) {
    if ("record" in item) return detectLogLayout(item.record, basename(file), item.text);
  }
  return undefined;
}

/** Every response of a log file, in order. `scoreField`: the field that holds the score, where the user says so. */
export async function* readLog(file: string, layout: LogLayout, scoreField?: string): AsyncGenerator<LogEntry> {
  for await (const item of readRecords(file)) {
    if ("malformed" in item) {
      yield item;
      continue;
    }
    const context = { file: basename(file), row: item.row, ...(scoreField !== undefined && { scoreField }) };
    let place = 0;
    for (const logged of layout.read(item.record, context)) {
      yield { row: item.row, place, logged };
      place += 1;
    }
  }
}

/** The error of a file that no layout recognises. */
export function unknownLayout(file: string): WinnowError {
  const names = LOG_LAYOUTS.map((layout) => layout.name).join(", ");
  return new WinnowError(
    "input",
    `${basename(file)}: expected a log of rollouts (${names}); found none of these. Name its layout with --layout.`,
  );
}
