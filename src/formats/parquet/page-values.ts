import { decodeDelta } from "./delta.ts";
import { MalformedParquet } from "./malformed.ts";
import { decodeRuns } from "./run-lengths.ts";
import type { Physical } from "./schema.ts";

/** The values of a page that are there (not null), each as its plain bytes: little-endian, a boolean as one byte. */
export interface PageValues {
  readonly count: number;
  at(index: number): Uint8Array;
}

export interface LeafType {
  readonly physical: Physical;
  /** Bytes of a value of fixed width. */
  readonly width: number;
}

/** Encodings by their number in parquet.thrift. */
const PLAIN = 0;
const PLAIN_DICTIONARY = 2;
const RLE = 3;
const DELTA_BINARY_PACKED = 5;
const DELTA_LENGTH_BYTE_ARRAY = 6;
const DELTA_BYTE_ARRAY = 7;
const RLE_DICTIONARY = 8;
const BYTE_STREAM_SPLIT = 9;

/** Decodes `count` values of a page, whatever their encoding. Throws `MalformedParquet`. */
export function decodeValues(
  encoding: number,
  bytes: Buffer,
  count: number,
  type: LeafType,
  dictionary?: PageValues,
): PageValues {
  switch (encoding) {
    case PLAIN:
      return decodePlain(bytes, count, type);
    case PLAIN_DICTIONARY:
    case RLE_DICTIONARY:
      return decodeDictionary(bytes, count, dictionary);
    case RLE:
      return fromBits(decodeRuns(bytes.subarray(4), 1, count));
    case DELTA_BINARY_PACKED:
      return decodeDeltaIntegers(bytes, count, type);
    case DELTA_LENGTH_BYTE_ARRAY:
      return fromArray(readSlices(bytes, 0, count).slices, count);
    case DELTA_BYTE_ARRAY:
      return decodePrefixed(bytes, count);
    case BYTE_STREAM_SPLIT:
      return decodeSplit(bytes, count, type.width);
    default:
      throw new MalformedParquet(`expected a known encoding; found number ${encoding}`);
  }
}

function decodePlain(bytes: Buffer, count: number, { physical, width }: LeafType): PageValues {
  if (physical === "BOOLEAN")
    return fromBits(Uint32Array.from({ length: count }, (_, index) => (byteAt(bytes, index >> 3) >> (index & 7)) & 1));
  if (physical !== "BYTE_ARRAY") {
    need(bytes, count * width);
    return { count, at: (index) => bytes.subarray(index * width, (index + 1) * width) };
  }
  const starts = new Float64Array(count + 1);
  let at = 0;
  for (let index = 0; index < count; index++) {
    need(bytes, at + 4);
    at += 4 + bytes.readUInt32LE(at);
    starts[index + 1] = at;
  }
  need(bytes, at);
  return { count, at: (index) => bytes.subarray((starts[index] as number) + 4, starts[index + 1]) };
}

function decodeDictionary(bytes: Buffer, count: number, dictionary: PageValues | undefined): PageValues {
  if (dictionary === undefined) throw new MalformedParquet("expected a dictionary page before its data; found none");
  const indices = count === 0 ? new Uint32Array() : decodeRuns(bytes.subarray(1), byteAt(bytes, 0), count);
  return {
    count,
    at(index) {
      const entry = indices[index] as number;
      if (entry < dictionary.count) return dictionary.at(entry);
      throw new MalformedParquet(`expected a dictionary entry below ${dictionary.count}; found ${entry}`);
    },
  };
}

function decodeDeltaIntegers(bytes: Buffer, count: number, { width }: LeafType): PageValues {
  const { values } = decodeDelta(bytes, 0, count);
  if (values.length < count)
    throw new MalformedParquet(`expected ${count} delta-encoded values; found ${values.length}`);
  const plain = Buffer.from(values.buffer);
  return { count, at: (index) => plain.subarray(index * 8, index * 8 + width) };
}

function decodePrefixed(bytes: Buffer, count: number): PageValues {
  const prefixes = decodeDelta(bytes, 0, count);
  const { slices } = readSlices(bytes, prefixes.end, count);
  let previous: Uint8Array = Buffer.alloc(0);
  const values = slices.map((suffix, index) => {
    const prefix = Number(prefixes.values[index] ?? 0n);
    if (prefix > previous.length)
      throw new MalformedParquet("expected a prefix of the value before; found a longer one");
    previous = Buffer.concat([previous.subarray(0, prefix), suffix]);
    return previous;
  });
  return fromArray(values, count);
}

function readSlices(bytes: Buffer, start: number, count: number): { slices: Uint8Array[] } {
  const { values, end } = decodeDelta(bytes, start, count);
  const slices: Uint8Array[] = [];
  let at = end;
  for (const length of values.subarray(0, count)) {
    need(bytes, at + Number(length));
    slices.push(bytes.subarray(at, at + Number(length)));
    at += Number(length);
  }
  return { slices };
}

function decodeSplit(bytes: Buffer, count: number, width: number): PageValues {
  need(bytes, count * width);
  const at = (index: number) => Uint8Array.from({ length: width }, (_, byte) => bytes[byte * count + index] as number);
  return { count, at };
}

function fromBits(bits: Uint32Array): PageValues {
  return { count: bits.length, at: (index) => Uint8Array.of(bits[index] as number) };
}

function fromArray(values: readonly Uint8Array[], count: number): PageValues {
  if (values.length < count) throw new MalformedParquet(`expected ${count} values in a page; found ${values.length}`);
  return { count, at: (index) => values[index] as Uint8Array };
}

function need(bytes: Buffer, length: number): void {
  if (length > bytes.length) throw new MalformedParquet(`expected ${length} bytes of values; found ${bytes.length}`);
}

function byteAt(bytes: Buffer, at: number): number {
  need(bytes, at + 1);
  return bytes[at] as number;
}
