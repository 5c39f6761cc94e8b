import { MalformedParquet } from "./malformed.ts";
import { buildSchema, type SchemaNode } from "./schema.ts";
import { readStruct, type ThriftStruct, TYPE, writeStruct } from "./thrift.ts";
import { child, children, field, i64, integer, listField } from "./thrift-access.ts";
import type { WindowReader } from "./window-reader.ts";

/** One column of one row group: where its pages are. Offsets and sizes in bytes. */
export interface ColumnChunk {
  readonly start: number;
  readonly compressed: number;
  readonly uncompressed: number;
  readonly values: number;
  readonly codec: number;
  /** Nulls, empty lists included, where the file says so. */
  readonly nulls?: number;
  readonly metadata: ThriftStruct;
}

export interface RowGroup {
  /** Rows `firstRow` … `firstRow + rows − 1` of the file. */
  readonly firstRow: number;
  readonly rows: number;
  readonly columns: readonly ColumnChunk[];
}

/** What a Parquet file says of itself. */
export interface Footer {
  readonly rows: number;
  readonly schema: SchemaNode;
  readonly rowGroups: readonly RowGroup[];
  /** The whole of it, for writing it again. */
  readonly metadata: ThriftStruct;
}

const MAGIC = Buffer.from("PAR1");

/** Reads the footer of a Parquet file. Throws `MalformedParquet`. */
export async function readFooter(reader: WindowReader): Promise<Footer> {
  const { size } = reader;
  if (size === 0) throw new MalformedParquet("expected a Parquet file; found an empty file");
  const tail = size < 12 ? Buffer.alloc(0) : await reader.read(size - 8, 8);
  const head = size < 12 ? Buffer.alloc(0) : await reader.read(0, 4);
  if (tail.toString("latin1", 4) === "PARE")
    throw new MalformedParquet("expected a readable footer; found an encrypted one");
  if (!head.equals(MAGIC) || !tail.subarray(4).equals(MAGIC)) {
    const ends = `starting with ${JSON.stringify(head.toString("latin1"))} and ending in ${JSON.stringify(tail.toString("latin1", 4))}`;
    const found = `${size} bytes${size < 12 ? "" : ` ${ends}`}`;
    throw new MalformedParquet(`expected "PAR1" at the start and the end of a Parquet file; found ${found}`);
  }
  const length = tail.readUInt32LE(0);
  if (length > size - 12)
    throw new MalformedParquet(`expected a footer within the file; found one of ${length} bytes in ${size}`);
  const { struct } = readStruct(await reader.read(size - 8 - length, length));
  const schema = buildSchema(children(struct, 2));
  let firstRow = 0;
  const rowGroups = children(struct, 4).map((group) => {
    const rows = integer(group, 3);
    const columns = children(group, 1).map((column) => toChunk(column, size));
    const start = firstRow;
    firstRow += rows;
    return { firstRow: start, rows, columns };
  });
  if (firstRow !== integer(struct, 3)) {
    throw new MalformedParquet(`expected ${integer(struct, 3)} rows in the row groups; found ${firstRow}`);
  }
  return { rows: firstRow, schema, rowGroups, metadata: struct };
}

function toChunk(column: ThriftStruct, size: number): ColumnChunk {
  const metadata = child(column, 3);
  if (metadata === undefined || field(column, 1) !== undefined || field(column, 8) !== undefined) {
    throw new MalformedParquet("expected column data in the file itself, not encrypted; found other");
  }
  const data = integer(metadata, 9);
  const dictionary = integer(metadata, 11, 0);
  const start = dictionary > 0 ? Math.min(dictionary, data) : data;
  const compressed = integer(metadata, 7);
  const values = integer(metadata, 5);
  if (values > 0 && (start < 4 || compressed < 0 || start + compressed > size)) {
    throw new MalformedParquet(
      `expected column data within ${size} bytes; found it at ${start} with ${compressed} bytes`,
    );
  }
  const statistics = child(metadata, 12);
  const nulls = statistics === undefined ? undefined : field(statistics, 3);
  return {
    start,
    compressed,
    uncompressed: integer(metadata, 6),
    values,
    codec: integer(metadata, 4),
    ...(typeof nulls === "number" ? { nulls } : {}),
    metadata,
  };
}

/**
 * The end of a Parquet file: the source's metadata, every field of it as it was, but for the
 * number of rows and the row groups; then its length and the magic bytes.
 */
export function encodeFooter(source: ThriftStruct, rows: number, rowGroups: readonly ThriftStruct[]): Buffer {
  const kept = source.fields.filter(({ id }) => id !== 3 && id !== 4);
  const fields = [...kept, i64(3, rows), listField(4, TYPE.struct, rowGroups)].sort((a, b) => a.id - b.id);
  const bytes = writeStruct({ kind: "struct", fields });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([bytes, length, MAGIC]);
}
