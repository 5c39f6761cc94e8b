import type { LogContext, LogRecord } from "./log-layout.ts";

/** A text, or a number or a boolean as text; of a list with one item that item; `undefined` for anything else. */
export function readText(value: unknown): string | undefined {
  if (Array.isArray(value) && value.length === 1) return readText(value[0]);
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : undefined;
  return typeof value === "boolean" || typeof value === "bigint" ? String(value) : undefined;
}

/** An object's members; none of anything else. */
export function readRecord(value: unknown): LogRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as LogRecord) : {};
}

/** A list's items; none of anything else. */
export function readList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A finite number, also one written as text, or a boolean as 1 and 0. */
export function readNumber(value: unknown): number | undefined {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "bigint") return Number(value);
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** A whole number ≥ 0. */
export function readCount(value: unknown): number | undefined {
  const number = readNumber(value);
  return number !== undefined && Number.isInteger(number) && number >= 0 ? number : undefined;
}

/** The texts of a chat's messages one after another, images left out; of a plain text that text. */
export function readPrompt(value: unknown): string | undefined {
  if (!Array.isArray(value)) return readText(value);
  const texts = value.map((message) => readContent(readRecord(message).content));
  return texts.join("\n");
}

/** The text of a message: its content, or the text parts of it. */
export function readContent(content: unknown): string {
  if (!Array.isArray(content)) return readText(content) ?? "";
  return content.map((part) => readText(readRecord(part).text) ?? "").join("");
}

/** The score: of the field the user names, else of the first of `fields` that holds a number. */
export function readScore(
  record: LogRecord,
  { scoreField }: LogContext,
  fields: readonly string[],
): number | undefined {
  if (scoreField !== undefined) return readNumber(followPath(record, scoreField));
  for (const field of fields) {
    const score = readNumber(record[field]);
    if (score !== undefined) return score;
  }
  return undefined;
}

function followPath(record: LogRecord, path: string): unknown {
  if (Object.hasOwn(record, path)) return record[path];
  return path.split(".").reduce<unknown>((at, name) => (at as LogRecord | null | undefined)?.[name], record);
}

/** The members that are there, `undefined` ones left out. */
export function known<T extends object>(members: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never;
}

/** The dataset row that verl's `extra_info` names. */
export function readRowIndex(record: LogRecord): number | undefined {
  return readCount(readRecord(record.extra_info).index ?? record.index);
}

/** The number in a file name such as `step_12.json`. */
export function readStepOf(file: string): number | undefined {
  const digits = /(\d+)\.\w+$/.exec(file)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
