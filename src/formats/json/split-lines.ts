import { ContainerError, MAX_ROW_BYTES } from "./split-rows.ts";

/** A line that is not blank: its bytes with its line break, and its number counted from 1. */
export interface Line {
  readonly bytes: Buffer;
  readonly number: number;
}

/** Bytes that some editors put in front of UTF-8. */
export const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** Splits pieces of a file at line feeds; blank lines and the file's byte order mark are left out. */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let number = 0;
  let held = 0;
  const finish = (part: Buffer): Line | undefined => {
    let bytes = parts.length === 0 ? part : Buffer.concat([...parts, part]);
    parts = [];
    held = 0;
    number += 1;
    if (number === 1 && startsWithBom(bytes)) bytes = bytes.subarray(BOM.length);
    return isBlank(bytes) ? undefined : { bytes, number };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let feed = chunk.indexOf(0x0a); feed !== -1; feed = chunk.indexOf(0x0a, start)) {
      const line = finish(chunk.subarray(start, feed + 1));
      start = feed + 1;
      if (line !== undefined) yield line;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
    held += chunk.length - start;
    if (held > MAX_ROW_BYTES)
      throw new ContainerError(`expected a line of at most 256 MiB; line ${number + 1} is longer`);
  }
  const last = parts.length === 0 ? undefined : finish(Buffer.alloc(0));
  if (last !== undefined) yield last;
}

export function startsWithBom(bytes: Buffer): boolean {
  return bytes.subarray(0, BOM.length).equals(BOM);
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) {
    if (byte !== 0x20 && byte !== 0x0d && byte !== 0x0a && byte !== 0x09) return false;
  }
  return true;
}
