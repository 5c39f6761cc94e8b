import { WinnowError } from "../../errors.ts";
import type { TemporaryFile } from "../../lib/open-temporary-file.ts";
import { namingFaults } from "../naming-faults.ts";
import { isSpace, Nesting } from "./nesting.ts";
import { JsonSyntaxError, scanObject } from "./scan-json.ts";
import { BOM, splitLines, startsWithBom } from "./split-lines.ts";
import { ContainerError, splitRows } from "./split-rows.ts";
import { unwrap, WRAPPER } from "./unwrap.ts";

/** A row's own JSON object, and where it stands for people: `line 3`, `row 2`. */
export interface JsonRow {
  readonly bytes: Buffer;
  readonly index: number;
  readonly where: string;
  /** Its name in an object of rows. */
  readonly key?: string;
}

/** How rows stand in a file: one per line, in an array, in an object by name, or in an object's array `data`. */
export interface JsonLayout {
  readonly name: "lines" | "array" | "object" | "wrapped";
  rows(chunks: AsyncIterable<Buffer>): AsyncGenerator<JsonRow>;
  /** Writes the rows that `keep` takes, source bytes and all, in the same layout. */
  write(chunks: AsyncIterable<Buffer>, keep: (index: number) => boolean, sink: TemporaryFile): Promise<void>;
}

const lines: JsonLayout = {
  name: "lines",
  async *rows(chunks) {
    let index = 0;
    for await (const { bytes, number } of splitLines(chunks)) yield { bytes, index: index++, where: `line ${number}` };
  },
  async write(chunks, keep, sink) {
    let index = 0;
    const marked = markBom(chunks, sink);
    for await (const { bytes } of splitLines(marked)) if (keep(index++)) await sink.write(bytes);
  },
};

/** Passes the pieces of a file on, and writes its byte order mark if it has one. */
async function* markBom(chunks: AsyncIterable<Buffer>, sink: TemporaryFile): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of chunks) {
    if (first && startsWithBom(chunk)) await sink.write(BOM);
    first = false;
    yield chunk;
  }
}

function container(name: "array" | "object", opening: "[" | "{"): JsonLayout {
  return {
    name,
    async *rows(chunks) {
      for await (const part of splitRows(chunks, opening)) {
        if (part.type === "row") {
          const { bytes, index } = part;
          yield { index, where: `row ${index}`, ...(name === "object" ? splitMember(bytes, index) : { bytes }) };
        }
      }
    },
    async write(chunks, keep, sink) {
      let opened: Buffer | undefined;
      let any = false;
      for await (const part of splitRows(chunks, opening)) {
        if (part.type === "row") {
          opened ??= part.gap;
          if (!keep(part.index)) continue;
          await sink.write(any ? part.gap : opened);
          await sink.write(part.bytes);
          any = true;
        } else {
          if (!any && opened !== undefined) await sink.write(Buffer.from(opened.toString("utf8").trimEnd()));
          await sink.write(part.bytes);
        }
      }
    },
  };
}

/** Takes `"name": { … }` apart. */
function splitMember(bytes: Buffer, index: number): { key: string; bytes: Buffer } {
  const wrapped = Buffer.concat([Buffer.from("{"), bytes, Buffer.from("}")]);
  const [member, more] = scanObject(wrapped);
  if (member === undefined || more !== undefined)
    throw new ContainerError(`expected a name and an object at row ${index}`);
  return { key: member.key, bytes: wrapped.subarray(member.start, member.end) };
}

const array = container("array", "[");

const wrapped: JsonLayout = {
  name: "wrapped",
  rows: (chunks) => array.rows(unwrap(chunks)),
  async write(chunks, keep, sink) {
    const after: Buffer[] = [];
    let inside = false;
    const rows = async function* () {
      const outside = async (bytes: Buffer) => {
        if (inside) after.push(Buffer.from(bytes));
        else await sink.write(bytes);
      };
      for await (const bytes of unwrap(chunks, outside)) {
        inside = true;
        yield bytes;
      }
    };
    await array.write(rows(), keep, sink);
    for (const bytes of after) await sink.write(bytes);
  },
};

const LAYOUTS = { lines, array, object: container("object", "{"), wrapped };

/** Blank bytes that may stand before the first row. */
const MAX_BLANK = 2 ** 24;

/**
 * Finds out from a file's content how its rows stand: a bracket opens an array; a brace opens
 * the first of several lines, or, when nothing follows it, an object of rows if its first value
 * is an object, or one around the rows if its first member is an array `data` of objects. Throws `WinnowError("input")` when it starts like neither, or is empty.
 */
export async function detectLayout(read: () => AsyncIterable<Buffer>, name: string): Promise<JsonLayout> {
  let head = Buffer.alloc(0);
  for await (const chunk of read()) {
    if (head.length > MAX_BLANK) break;
    head = Buffer.concat([head, chunk]);
    if (head.length > 3 && head.toString("latin1", 3).trim() !== "") break;
  }
  const start = head
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trimStart();
  if (start === "")
    throw new WinnowError(
      "input",
      `${name}: expected JSON rows; found ${head.length === 0 ? "an empty file" : "nothing but space"}.`,
    );
  if (start[0] === "[") return LAYOUTS.array;
  if (start[0] === "{") {
    if (/\.json$/i.test(name) && WRAPPER.test(start))
      return (await hasSecondObject(read)) ? LAYOUTS.lines : LAYOUTS.wrapped;
    if (!/\.json$/i.test(name) || !/^\{\s*("(?:[^"\\]|\\.)*"\s*:\s*\{|$)/.test(start)) return LAYOUTS.lines;
    return (await hasSecondObject(read)) ? LAYOUTS.lines : LAYOUTS.object;
  }
  throw new WinnowError(
    "input",
    `${name}: expected JSON starting with { or [; found ${JSON.stringify(start.slice(0, 20))}.`,
  );
}

/** Whether anything follows the first top-level object. */
async function hasSecondObject(read: () => AsyncIterable<Buffer>): Promise<boolean> {
  const nesting = new Nesting();
  let closed = false;
  for await (const chunk of read()) {
    for (const byte of chunk) {
      if (closed && !isSpace(byte)) return true;
      nesting.push(byte);
      closed ||= byte === 0x7d && nesting.closed;
    }
  }
  return false;
}

/** Passes a file's rows on; a syntax error becomes `WinnowError("input")` naming file and place. */
export function namingErrors<T>(name: string, rows: AsyncGenerator<T>): AsyncGenerator<T> {
  return namingFaults({ name, kind: "JSON", faults: [ContainerError, JsonSyntaxError] }, rows);
}
