import { MalformedTar } from "./malformed.ts";

/** What a header block of a tar says of the bytes after it. */
export interface TarHeader {
  readonly name: string;
  /** Bytes of content, padding not counted. */
  readonly size: number;
  /** The type flag: `0` a file, `5` a folder, `1` and `2` links, `x`, `g`, `L`, `K` more on the next member. */
  readonly type: string;
}

/** Bytes of a block; headers are one, contents are padded to whole ones. */
export const BLOCK = 512;

/**
 * Reads a header block (POSIX.1-2017, pax, "ustar Interchange Format"; the older ones without magic,
 * and GNU's numbers of more than eleven octal digits). Throws `MalformedTar` when its check sum is wrong.
 */
export function readHeader(block: Buffer, offset: number): TarHeader {
  if (readNumber(block, 148, 8) !== checkSum(block)) {
    throw new MalformedTar(`expected the header of a member at byte ${offset}; its check sum is wrong`);
  }
  const name = readText(block, 0, 100);
  const prefix = block.toString("latin1", 257, 263) === "ustar\0" ? readText(block, 345, 155) : "";
  const type = String.fromCharCode(block[156] as number);
  const size = readNumber(block, 124, 12);
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new MalformedTar(`expected the size of a member at byte ${offset}; found none`);
  }
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    size: "123456".includes(type) ? 0 : size,
    type: type === "\0" ? (name.endsWith("/") ? "5" : "0") : type,
  };
}

/** The records of a pax extended header: each its own length, a space, `name=value` and a line feed. Throws `MalformedTar`. */
export function readPaxRecords(bytes: Buffer): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString("latin1", at, space));
    const text = bytes.toString("utf8", space + 1, at + length - 1);
    const equals = text.indexOf("=");
    if (space === -1 || !(length > space - at) || at + length > bytes.length || equals === -1) {
      throw new MalformedTar("expected a record of an extended header; found another text");
    }
    records.set(text.slice(0, equals), text.slice(equals + 1));
    at += length;
  }
  return records;
}

function checkSum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) sum += at >= 148 && at < 156 ? 0 : (block[at] as number);
  return sum;
}

/** An octal number as text, or GNU's binary one with the highest bit set; NaN when it is neither. */
function readNumber(block: Buffer, start: number, length: number): number {
  const first = block[start] as number;
  if (first & 0x80) {
    let value = first & 0x3f;
    for (let at = start + 1; at < start + length; at++) value = value * 256 + (block[at] as number);
    return first & 0x40 ? -1 : value;
  }
  const digits = readText(block, start, length).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(`0${digits}`, 8) : Number.NaN;
}

/** The text of a field, which a NUL ends. */
function readText(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start);
  return block.toString("utf8", start, end === -1 ? start + length : Math.min(end, start + length));
}
