import { decompress } from "./decompress.ts";
import type { ColumnChunk } from "./footer.ts";
import { MalformedParquet } from "./malformed.ts";
import { decodeValues, type LeafType, type PageValues } from "./page-values.ts";
import { decodeRuns, levelWidth } from "./run-lengths.ts";
import type { SchemaNode } from "./schema.ts";
import { readStruct, type ThriftStruct } from "./thrift.ts";
import { child, field, integer } from "./thrift-access.ts";
import type { Lane } from "./window-reader.ts";

/** A page's header and where its data is. */
export interface PageHeader {
  readonly kind: "data" | "data-v2" | "dictionary" | "other";
  /** Entries, nulls included. */
  readonly values: number;
  /** Rows, where the header says so or the column is flat. */
  readonly rows?: number;
  readonly dataStart: number;
  readonly end: number;
  readonly uncompressed: number;
  readonly struct: ThriftStruct;
}

/** A decoded page: one level pair per entry, and the values of the entries that are there. */
export interface Page {
  readonly count: number;
  /** Absent where every level is 0, or for definitions where every entry is there. */
  readonly repetitions?: Uint32Array;
  readonly definitions?: Uint32Array;
  readonly values: PageValues;
}

const KINDS = ["data", "other", "dictionary", "data-v2"] as const;
const MAX_HEADER = 2 ** 26;

/** Reads the header of the page at `start`. Throws `MalformedParquet`. */
export async function readPageHeader(
  reader: Lane,
  start: number,
  chunk: ColumnChunk,
  leaf: SchemaNode,
): Promise<PageHeader> {
  const chunkEnd = chunk.start + chunk.compressed;
  const { struct, end: length } = await readHeaderStruct(reader, start, chunkEnd);
  const kind = KINDS[integer(struct, 1)] ?? "other";
  const details = child(struct, kind === "data" ? 5 : kind === "data-v2" ? 8 : 7);
  const dataStart = start + length;
  const end = dataStart + integer(struct, 3);
  if (end > chunkEnd || end < dataStart)
    throw new MalformedParquet(`expected a page within its column; found one that ends at byte ${end}`);
  const values = details === undefined ? 0 : integer(details, 1);
  if (values < 0 || (kind !== "dictionary" && values > chunk.values)) {
    throw new MalformedParquet(`expected at most ${chunk.values} values in a page; found ${values}`);
  }
  const rows = leaf.maxRepetition === 0 ? values : kind === "data-v2" && details ? integer(details, 3) : undefined;
  return {
    kind,
    values,
    ...(rows === undefined ? {} : { rows }),
    dataStart,
    end,
    uncompressed: integer(struct, 2),
    struct,
  };
}

async function readHeaderStruct(reader: Lane, start: number, chunkEnd: number) {
  for (let window = 2 ** 10; ; window *= 8) {
    const bytes = await reader.read(start, Math.min(window, chunkEnd - start));
    try {
      return readStruct(bytes);
    } catch (error) {
      if (bytes.length === chunkEnd - start || window > MAX_HEADER) throw error;
    }
  }
}

/** Reads the values of a dictionary page, into memory of their own. */
export async function readDictionary(
  reader: Lane,
  header: PageHeader,
  chunk: ColumnChunk,
  type: LeafType,
): Promise<PageValues> {
  const data = await reader.read(header.dataStart, header.end - header.dataStart);
  return decodeValues(0, Buffer.from(await decompress(chunk.codec, data, header.uncompressed)), header.values, type);
}

/** Reads and decodes a data page of either version. */
export async function readPage(
  reader: Lane,
  header: PageHeader,
  {
    chunk,
    leaf,
    dictionary,
  }: { readonly chunk: ColumnChunk; readonly leaf: SchemaNode; readonly dictionary?: PageValues | undefined },
): Promise<Page> {
  const data = await reader.read(header.dataStart, header.end - header.dataStart);
  const { repetitions, definitions, values, encoding } =
    header.kind === "data"
      ? await splitV1(data, header, chunk, leaf, reader)
      : await splitV2(data, header, chunk, leaf, reader);
  let present = header.values;
  if (definitions !== undefined) {
    present = 0;
    for (const level of definitions) if (level === leaf.maxDefinition) present += 1;
  }
  return {
    count: header.values,
    ...(repetitions === undefined ? {} : { repetitions }),
    ...(definitions === undefined ? {} : { definitions }),
    values: decodeValues(encoding, values, present, leaf.leaf as LeafType, dictionary),
  };
}

interface Parts {
  readonly repetitions: Uint32Array | undefined;
  readonly definitions: Uint32Array | undefined;
  readonly values: Buffer;
  readonly encoding: number;
}

async function splitV1(
  data: Buffer,
  header: PageHeader,
  chunk: ColumnChunk,
  leaf: SchemaNode,
  { scratch }: Lane,
): Promise<Parts> {
  const bytes = await decompress(chunk.codec, data, header.uncompressed, scratch);
  let at = 0;
  const levels = (max: number) => {
    if (max === 0) return undefined;
    if (at + 4 > bytes.length) throw new MalformedParquet("expected levels; found the end of the page");
    const length = bytes.readUInt32LE(at);
    const runs = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return decodeRuns(runs, levelWidth(max), header.values);
  };
  const repetitions = levels(leaf.maxRepetition);
  const definitions = levels(leaf.maxDefinition);
  return {
    repetitions,
    definitions,
    values: bytes.subarray(at),
    encoding: integer(child(header.struct, 5) as ThriftStruct, 2),
  };
}

async function splitV2(
  data: Buffer,
  header: PageHeader,
  chunk: ColumnChunk,
  leaf: SchemaNode,
  { scratch }: Lane,
): Promise<Parts> {
  const details = child(header.struct, 8) as ThriftStruct;
  const definitionBytes = integer(details, 5);
  const levelBytes = definitionBytes + integer(details, 6);
  const compressed = field(details, 7) !== false;
  const rest = data.subarray(levelBytes);
  const values = await decompress(compressed ? chunk.codec : 0, rest, header.uncompressed - levelBytes, scratch);
  const levels = (max: number, runs: Buffer) =>
    max === 0 ? undefined : decodeRuns(runs, levelWidth(max), header.values);
  return {
    repetitions: levels(leaf.maxRepetition, data.subarray(0, levelBytes - definitionBytes)),
    definitions: levels(leaf.maxDefinition, data.subarray(levelBytes - definitionBytes, levelBytes)),
    values,
    encoding: integer(details, 4),
  };
}
