import { isUtf8 } from "node:buffer";
import { UnusableValue } from "../rejection.ts";
import { hasLogical, type SchemaNode } from "./schema.ts";
import { child, integer } from "./thrift-access.ts";

/**
 * A leaf's value as plain data: text, booleans, numbers (as text where a double would not hold
 * them), bytes; `UnusableValue` for dates, times and text that is not UTF-8.
 */
export function plainValue(bytes: Uint8Array, node: SchemaNode): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (node.leaf?.physical) {
    case "BOOLEAN":
      return bytes[0] === 1;
    case "FLOAT":
      return shortestFloat(view.getFloat32(0, true));
    case "DOUBLE":
      return view.getFloat64(0, true);
    case "INT32":
      return integerValue(BigInt(view.getInt32(0, true)), node, 32);
    case "INT64":
      return integerValue(view.getBigInt64(0, true), node, 64);
    case "BYTE_ARRAY":
      return byteArray(bytes, node);
    case "FIXED_LEN_BYTE_ARRAY":
      return isDecimal(node) ? decimalText(bigEndian(bytes), scaleOf(node)) : new Uint8Array(bytes);
    default:
      return new UnusableValue("wrong-type", "a timestamp");
  }
}

/** UTF8, ENUM and JSON are text; BSON and columns with no annotation are bytes. */
function byteArray(bytes: Uint8Array, node: SchemaNode): unknown {
  if (isDecimal(node)) return decimalText(bigEndian(bytes), scaleOf(node));
  const isText = hasLogical(node, 1, 0) || hasLogical(node, 4, 4) || hasLogical(node, 12, 19);
  if (!isText) return new Uint8Array(bytes);
  if (!isUtf8(bytes)) return new UnusableValue("invalid-utf8", `${bytes.length} bytes that are not UTF-8`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** Converted types 6 … 10 are dates and times, 11 … 14 unsigned integers; logical types 6, 7, 8 and 10 likewise. */
function integerValue(value: bigint, node: SchemaNode, bits: number): unknown {
  if (isDecimal(node)) return decimalText(value, scaleOf(node));
  const converted = integer(node.element, 6, -1);
  const logical = child(node.element, 10)?.fields[0];
  if ((converted >= 6 && converted <= 10) || (logical !== undefined && logical.id >= 6 && logical.id <= 8)) {
    return new UnusableValue("wrong-type", "a date or time");
  }
  return (converted >= 11 && converted <= 14 ? BigInt.asUintN(bits, value) : value).toString();
}

function isDecimal(node: SchemaNode): boolean {
  return hasLogical(node, 5, 5);
}

function scaleOf({ element }: SchemaNode): number {
  const decimal = child(child(element, 10) ?? element, 5);
  return decimal === undefined ? integer(element, 7, 0) : integer(decimal, 1, 0);
}

function bigEndian(bytes: Uint8Array): bigint {
  const value = bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return BigInt.asIntN(bytes.length * 8, value);
}

/** unscaled · 10^(−scale), exactly. */
function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const sign = unscaled < 0n ? "-" : "";
  return sign + (scale > 0 ? `${whole}.${digits.slice(-scale)}` : whole);
}

/** The number with the fewest digits that is this one in single precision: 0.1, not 0.10000000149. */
function shortestFloat(value: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
