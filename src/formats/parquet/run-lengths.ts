import { MalformedParquet } from "./malformed.ts";

/**
 * Decodes `count` values of `width` bits from Parquet's hybrid of run lengths and bit packing.
 * Source: https://parquet.apache.org/docs/file-format/data-pages/encodings/#RLE
 */
export function decodeRuns(bytes: Uint8Array, width: number, count: number): Uint32Array {
  const values = new Uint32Array(count);
  let at = 0;
  let filled = 0;
  while (filled < count) {
    let header = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) throw new MalformedParquet(`expected ${count} run-length coded values; found ${filled}`);
      header += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    if (header % 2 === 1) {
      const packed = Math.min(((header - 1) / 2) * 8, count - filled);
      unpackBits(bytes, at, width, values, filled, packed);
      at += ((header - 1) / 2) * width;
      filled += packed;
    } else {
      let value = 0;
      for (let byte = 0; byte < width; byte += 8) value += (bytes[at++] ?? 0) * 2 ** byte;
      const length = Math.min(header / 2, count - filled);
      values.fill(value, filled, filled + length);
      filled += length;
    }
  }
  return values;
}

function unpackBits(
  bytes: Uint8Array,
  at: number,
  width: number,
  values: Uint32Array,
  from: number,
  count: number,
): void {
  if (at + Math.ceil((count * width) / 8) > bytes.length)
    throw new MalformedParquet("expected bit-packed values; found the end of the page");
  for (let index = 0; index < count; index++) {
    let value = 0;
    for (let bit = 0, position = index * width; bit < width; ) {
      const offset = position % 8;
      const taken = Math.min(8 - offset, width - bit);
      const part = ((bytes[at + Math.floor(position / 8)] as number) >> offset) & (2 ** taken - 1);
      value += part * 2 ** bit;
      bit += taken;
      position += taken;
    }
    values[from + index] = value;
  }
}

/** Encodes levels of `width` bits as run lengths alone; a valid, and for levels a short, form of the hybrid. */
export function encodeRuns(values: readonly number[], width: number): Buffer {
  const bytes: number[] = [];
  for (let at = 0; at < values.length; ) {
    const value = values[at] as number;
    let end = at + 1;
    while (values[end] === value) end += 1;
    let header = (end - at) * 2;
    for (; header >= 128; header = Math.floor(header / 128)) bytes.push((header % 128) + 128);
    bytes.push(header);
    for (let byte = 0; byte < width; byte += 8) bytes.push((value >> byte) & 255);
    at = end;
  }
  return Buffer.from(bytes);
}

/** Bits that a level of at most `max` needs. */
export function levelWidth(max: number): number {
  return 32 - Math.clz32(max);
}
