import { type ColumnType, type ColumnTypes, isListType } from "../column-type.ts";
import { type ThriftField, type ThriftStruct, TYPE } from "./thrift.ts";
import { i32, listField, makeStruct, structField } from "./thrift-access.ts";

const INT64 = 2;
const DOUBLE = 5;
const BYTE_ARRAY = 6;
const OPTIONAL = 1;
const REPEATED = 2;
const IMAGE = { bytes: "bytes", path: "text" } as const;

type StoredType = ColumnType | "bytes";

/**
 * The footer of a Parquet file of these columns, but for its rows: the schema, every column
 * optional and lists of three levels, and under the key `huggingface` what Hugging Face
 * `datasets` needs to hand out images decoded.
 */
export function declareColumns(columns: ColumnTypes, createdBy: string): ThriftStruct {
  const names = Object.keys(columns);
  const root = makeStruct(binary(4, "schema"), i32(5, names.length));
  const features = Object.fromEntries(Object.entries(columns).map(([name, type]) => [name, describeFeature(type)]));
  const metadata = makeStruct(binary(1, "huggingface"), binary(2, JSON.stringify({ info: { features } })));
  return makeStruct(
    i32(1, 1),
    listField(2, TYPE.struct, [root, ...Object.entries(columns).flatMap(([name, type]) => declare(name, type))]),
    listField(5, TYPE.struct, [metadata]),
    binary(6, createdBy),
  );
}

/** Schema elements, depth first. Source: https://github.com/apache/parquet-format/blob/master/LogicalTypes.md#lists */
function declare(name: string, type: StoredType): ThriftStruct[] {
  const named = [i32(3, OPTIONAL), binary(4, name)];
  if (typeof type !== "string") {
    if (!isListType(type)) return declareParts(named, type);
    return [
      makeStruct(...named, i32(5, 1), i32(6, 3), structField(10, makeStruct(structField(3, makeStruct())))),
      makeStruct(i32(3, REPEATED), binary(4, "list"), i32(5, 1)),
      ...declare("element", type[0]),
    ];
  }
  switch (type) {
    case "image":
      return declareParts(named, IMAGE);
    case "integer":
      return [makeStruct(i32(1, INT64), ...named)];
    case "number":
      return [makeStruct(i32(1, DOUBLE), ...named)];
    case "bytes":
      return [makeStruct(i32(1, BYTE_ARRAY), ...named)];
    default:
      return [
        makeStruct(i32(1, BYTE_ARRAY), ...named, i32(6, 0), structField(10, makeStruct(structField(1, makeStruct())))),
      ];
  }
}

function declareParts(named: readonly ThriftField[], parts: Readonly<Record<string, StoredType>>): ThriftStruct[] {
  const members = Object.entries(parts);
  return [makeStruct(...named, i32(5, members.length)), ...members.flatMap(([part, one]) => declare(part, one))];
}

/**
 * A feature of `datasets`. Lists of objects are written as `[…]` and other lists as `Sequence`,
 * which versions before 4 know as well; they refuse a file that says `List`.
 */
function describeFeature(type: ColumnType): unknown {
  if (isListType(type)) {
    const [item] = type;
    return typeof item === "object" && !isListType(item)
      ? [describeFeature(item)]
      : { feature: describeFeature(item), _type: "Sequence" };
  }
  if (typeof type === "object") {
    return Object.fromEntries(Object.entries(type).map(([name, part]) => [name, describeFeature(part)]));
  }
  if (type === "image") return { _type: "Image" };
  const dtype = type === "text" ? "string" : type === "integer" ? "int64" : "float64";
  return { dtype, _type: "Value" };
}

function binary(id: number, text: string): ThriftField {
  return { id, type: TYPE.binary, value: Buffer.from(text) };
}
