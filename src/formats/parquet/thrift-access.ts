import { MalformedParquet } from "./malformed.ts";
import { type ThriftField, type ThriftStruct, type ThriftValue, TYPE } from "./thrift.ts";

/** A field's value; `undefined` when the struct has no such field. */
export function field(struct: ThriftStruct, id: number): ThriftValue | undefined {
  return struct.fields.find((one) => one.id === id)?.value;
}

/** An integer field that JavaScript can count with. Throws `MalformedParquet` when it is none and has no default. */
export function integer(struct: ThriftStruct, id: number, absent?: number): number {
  const value = field(struct, id) ?? absent;
  if (typeof value === "number") return value;
  throw new MalformedParquet(`expected an integer in metadata field ${id}; found ${typeof value}`);
}

/** A text field; empty when absent. */
export function text(struct: ThriftStruct, id: number): string {
  const value = field(struct, id);
  return value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : "";
}

/** A struct field; `undefined` when absent. */
export function child(struct: ThriftStruct, id: number): ThriftStruct | undefined {
  const value = field(struct, id);
  return isStruct(value) ? value : undefined;
}

/** The structs of a list field; none when absent. */
export function children(struct: ThriftStruct, id: number): readonly ThriftStruct[] {
  const value = field(struct, id);
  if (typeof value !== "object" || !("kind" in value) || value.kind !== "list") return [];
  return value.items.filter(isStruct);
}

function isStruct(value: ThriftValue | undefined): value is ThriftStruct {
  return typeof value === "object" && "kind" in value && value.kind === "struct";
}

/** A struct of the given fields, ids ascending. */
export function makeStruct(...fields: ThriftField[]): ThriftStruct {
  return { kind: "struct", fields };
}

export function i32(id: number, value: number): ThriftField {
  return { id, type: TYPE.i32, value };
}

export function i64(id: number, value: number): ThriftField {
  return { id, type: TYPE.i64, value };
}

export function structField(id: number, value: ThriftStruct): ThriftField {
  return { id, type: TYPE.struct, value };
}

export function listField(id: number, itemType: number, items: readonly ThriftValue[]): ThriftField {
  return { id, type: TYPE.list, value: { kind: "list", itemType, items } };
}
