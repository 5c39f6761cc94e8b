import { MalformedParquet } from "./malformed.ts";

/** Integers of a DELTA_BINARY_PACKED run, modulo 2⁶⁴, and the offset after it. */
export interface DeltaRun {
  readonly values: BigInt64Array;
  readonly end: number;
}

/**
 * Decodes DELTA_BINARY_PACKED of at most `count` values. Source:
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/#DELTAENC
 */
export function decodeDelta(bytes: Uint8Array, start: number, count: number): DeltaRun {
  const reader = { bytes, at: start };
  const blockSize = Number(varint(reader));
  const miniblocks = Number(varint(reader));
  const total = Number(varint(reader));
  if (blockSize === 0 || miniblocks === 0 || blockSize % miniblocks !== 0 || total > count) {
    throw new MalformedParquet(`expected a delta-encoded block of ${count} values; found impossible sizes`);
  }
  const perMiniblock = blockSize / miniblocks;
  const values = new BigInt64Array(total);
  let value = zigzag(varint(reader));
  if (total > 0) values[0] = value;
  let filled = 1;
  while (filled < total) {
    const minimum = zigzag(varint(reader));
    const widths = reader.bytes.subarray(reader.at, reader.at + miniblocks);
    reader.at += miniblocks;
    for (const width of widths) {
      if (filled >= total) break;
      const end = reader.at + (perMiniblock * width) / 8;
      if (end > bytes.length) throw new MalformedParquet("expected delta-encoded values; found the end of the page");
      for (let index = 0; index < perMiniblock && filled < total; index++) {
        value = BigInt.asIntN(64, value + minimum + readBits(bytes, reader.at, index * width, width));
        values[filled++] = value;
      }
      reader.at = end;
    }
  }
  return { values, end: reader.at };
}

function readBits(bytes: Uint8Array, start: number, from: number, width: number): bigint {
  let value = 0n;
  for (let bit = 0; bit < width; ) {
    const position = from + bit;
    const offset = position % 8;
    const taken = Math.min(8 - offset, width - bit);
    const part = ((bytes[start + Math.floor(position / 8)] as number) >> offset) & (2 ** taken - 1);
    value |= BigInt(part) << BigInt(bit);
    bit += taken;
  }
  return value;
}

function varint(reader: { bytes: Uint8Array; at: number }): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) break;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return value;
  }
  throw new MalformedParquet("expected a delta-encoded integer; found the end of the page");
}

function zigzag(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}
