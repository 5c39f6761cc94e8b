import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { WinnowError } from "../errors.ts";
import { splitLines } from "../formats/json/split-lines.ts";
import { ContainerError, splitRows } from "../formats/json/split-rows.ts";
import type { LogRecord } from "./log-layout.ts";
import { readParquet } from "./read-parquet.ts";
import { readTextBlocks } from "./read-text-blocks.ts";

/** A record of a log and its place, or why the place holds none. Rows count from 0; text files from their blocks. */
export type LogItem =
  | { readonly row: number; readonly record: LogRecord; readonly text: boolean }
  | { readonly row: number; readonly malformed: string };

/**
 * Every record of a log file in order: Parquet, a JSON array, JSON lines, or a text of blocks,
 * found out from the first bytes; `.gz` is unpacked on the way. Holds one record at a time. A
 * line that is no JSON costs that line only. Throws `WinnowError("input")` for a file that is
 * empty or cut off inside an array.
 */
export async function* readRecords(file: string): AsyncGenerator<LogItem> {
  const name = basename(file);
  const start = await readStart(file, name);
  if (start.startsWith("PAR1")) {
    let row = 0;
    for await (const record of readParquet(file)) yield { row: row++, record, text: false };
  } else if (start[0] === "[" && /^\[\s*[{\]]/.test(start)) {
    yield* readArray(file, name);
  } else if (start[0] === "{") {
    let row = 0;
    for await (const { bytes } of splitLines(chunksOf(file))) yield parse(bytes, row++);
  } else {
    let row = 0;
    for await (const record of readTextBlocks(linesOf(file))) yield { row: row++, record, text: true };
  }
}

async function* readArray(file: string, name: string): AsyncGenerator<LogItem> {
  try {
    for await (const part of splitRows(chunksOf(file), "[")) {
      if (part.type === "row") yield parse(part.bytes, part.index);
    }
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    throw new WinnowError("input", `${name}: malformed JSON: ${error.message}.`, { cause: error });
  }
}

async function* chunksOf(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file, { highWaterMark: 2 ** 20 });
  const stream = /\.gz$/i.test(file) ? source.pipe(createGunzip()) : source;
  source.once("error", (error) => stream.destroy(error));
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } finally {
    source.destroy();
  }
}

function linesOf(file: string): AsyncIterable<string> {
  return createInterface({ input: Readable.from(chunksOf(file)), crlfDelay: Number.POSITIVE_INFINITY });
}

async function readStart(file: string, name: string): Promise<string> {
  let head = Buffer.alloc(0);
  for await (const chunk of chunksOf(file)) {
    head = Buffer.concat([head, chunk]);
    if (head.length >= 4 && head.toString("latin1", 3).trim().length > 1) break;
  }
  const start = head
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trimStart();
  if (start === "") throw new WinnowError("input", `${name}: expected a log of rollouts; found nothing in it.`);
  return start.slice(0, 100);
}

function parse(bytes: Buffer, row: number): LogItem {
  try {
    const record = parseLeniently(bytes.toString("utf8"));
    if (typeof record === "object" && record !== null && !Array.isArray(record)) {
      return { row, record: record as LogRecord, text: false };
    }
    return { row, malformed: "expected a JSON object" };
  } catch (error) {
    return { row, malformed: `no JSON: ${(error as Error).message}`.slice(0, 200) };
  }
}

/** Python writes NaN and ±Infinity, which JSON has not: they become null. */
function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
    return JSON.parse(
      text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:NaN|Infinity)/g, (part) => (part.startsWith('"') ? part : "null")),
    );
  }
}
