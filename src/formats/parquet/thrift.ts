import { MalformedParquet } from "./malformed.ts";

/**
 * Thrift's compact protocol without a schema: everything that was read can be written again, so
 * parts of a Parquet footer that we know nothing of survive. Source:
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export type ThriftValue = boolean | number | bigint | Uint8Array | ThriftStruct | ThriftList | ThriftMap | ThriftDouble;

/** Type codes of the compact protocol. */
export const TYPE = {
  true: 1,
  false: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const;

export interface ThriftField {
  readonly id: number;
  readonly type: number;
  readonly value: ThriftValue;
}

/** Fields in the order of their ids. */
export interface ThriftStruct {
  readonly kind: "struct";
  readonly fields: readonly ThriftField[];
}

interface ThriftList {
  readonly kind: "list";
  readonly itemType: number;
  readonly items: readonly ThriftValue[];
}

interface ThriftMap {
  readonly kind: "map";
  readonly keyType: number;
  readonly valueType: number;
  readonly entries: readonly (readonly [ThriftValue, ThriftValue])[];
}

/** The eight bytes of a double, as they are. */
interface ThriftDouble {
  readonly kind: "double";
  readonly bytes: Uint8Array;
}

/** Reads a struct; `end` is the offset after it. Throws `MalformedParquet` when the bytes end first. */
export function readStruct(bytes: Uint8Array, start = 0): { struct: ThriftStruct; end: number } {
  const reader = new Reader(bytes, start);
  const struct = reader.struct(0);
  return { struct, end: reader.at };
}

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  struct(depth: number): ThriftStruct {
    if (depth > 64) throw new MalformedParquet("expected at most 64 levels of Thrift structs");
    const fields: ThriftField[] = [];
    for (let id = 0; ; ) {
      const header = this.byte();
      if (header === 0) return { kind: "struct", fields };
      const delta = header >> 4;
      id = delta === 0 ? Number(zigzag(this.varint())) : id + delta;
      const type = header & 15;
      fields.push({ id, type, value: type <= 2 ? type === TYPE.true : this.value(type, depth) });
    }
  }

  value(type: number, depth: number): ThriftValue {
    switch (type) {
      case TYPE.true:
      case TYPE.false:
        return this.byte() === 1;
      case TYPE.byte:
        return (this.byte() << 24) >> 24;
      case TYPE.i16:
      case TYPE.i32:
      case TYPE.i64: {
        const value = zigzag(this.varint());
        return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;
      }
      case TYPE.double:
        return { kind: "double", bytes: this.take(8) };
      case TYPE.binary:
        return this.take(Number(this.varint()));
      case TYPE.list:
      case TYPE.set:
        return this.list(depth);
      case TYPE.map:
        return this.map(depth);
      case TYPE.struct:
        return this.struct(depth + 1);
      default:
        throw new MalformedParquet(`expected a Thrift type; found ${type} at byte ${this.at} of the metadata`);
    }
  }

  list(depth: number): ThriftList {
    const header = this.byte();
    const count = header >> 4 === 15 ? Number(this.varint()) : header >> 4;
    this.need(count);
    const itemType = header & 15;
    return { kind: "list", itemType, items: Array.from({ length: count }, () => this.value(itemType, depth + 1)) };
  }

  map(depth: number): ThriftMap {
    const count = Number(this.varint());
    if (count === 0) return { kind: "map", keyType: 0, valueType: 0, entries: [] };
    this.need(count);
    const types = this.byte();
    const [keyType, valueType] = [types >> 4, types & 15];
    const entry = () => [this.value(keyType, depth + 1), this.value(valueType, depth + 1)] as const;
    return { kind: "map", keyType, valueType, entries: Array.from({ length: count }, entry) };
  }

  byte(): number {
    this.need(1);
    return this.#bytes[this.at++] as number;
  }

  take(length: number): Uint8Array {
    this.need(length);
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  varint(): bigint {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      low |= (byte & 127) << shift;
      if (byte < 128) return BigInt(low);
    }
    let value = BigInt(low);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw new MalformedParquet(`expected a Thrift integer at byte ${this.at} of the metadata`);
  }

  need(length: number): void {
    if (this.at + length > this.#bytes.length) throw new MalformedParquet("expected more metadata; found its end");
  }
}

function zigzag(value: bigint): bigint {
  return (value >> 1n) ^ -(value & 1n);
}

/** Writes a struct. Every value that `readStruct` gives comes out as it was. */
export function writeStruct(struct: ThriftStruct): Buffer {
  const parts: Uint8Array[] = [];
  putStruct(parts, struct);
  return Buffer.concat(parts);
}

function putStruct(parts: Uint8Array[], { fields }: ThriftStruct): void {
  let previous = 0;
  for (const { id, type: given, value } of fields) {
    const type = given <= 2 ? (value === true ? TYPE.true : TYPE.false) : given;
    const delta = id - previous;
    if (delta > 0 && delta <= 15) parts.push(Uint8Array.of((delta << 4) | type));
    else parts.push(Uint8Array.of(type), varintBytes(toZigzag(BigInt(id))));
    previous = id;
    if (type > 2) putValue(parts, type, value);
  }
  parts.push(Uint8Array.of(0));
}

function putValue(parts: Uint8Array[], type: number, value: ThriftValue): void {
  if (typeof value === "boolean") parts.push(Uint8Array.of(value ? 1 : 2));
  else if (type === TYPE.byte) parts.push(Uint8Array.of(Number(value) & 255));
  else if (typeof value === "number" || typeof value === "bigint") parts.push(varintBytes(toZigzag(BigInt(value))));
  else if (value instanceof Uint8Array) parts.push(varintBytes(BigInt(value.length)), value);
  else if (value.kind === "double") parts.push(value.bytes);
  else if (value.kind === "struct") putStruct(parts, value);
  else if (value.kind === "list") {
    const count = value.items.length;
    if (count < 15) parts.push(Uint8Array.of((count << 4) | value.itemType));
    else parts.push(Uint8Array.of(0xf0 | value.itemType), varintBytes(BigInt(count)));
    for (const item of value.items) putValue(parts, value.itemType, item);
  } else {
    parts.push(varintBytes(BigInt(value.entries.length)));
    if (value.entries.length > 0) parts.push(Uint8Array.of((value.keyType << 4) | value.valueType));
    for (const [key, item] of value.entries) {
      putValue(parts, value.keyType, key);
      putValue(parts, value.valueType, item);
    }
  }
}

function toZigzag(value: bigint): bigint {
  return value >= 0n ? value << 1n : (-value << 1n) - 1n;
}

function varintBytes(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    if (rest < 128n) return Uint8Array.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}
