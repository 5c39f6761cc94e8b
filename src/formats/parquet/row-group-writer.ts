import { gzipSync } from "node:zlib";
import type { TemporaryFile } from "../../lib/open-temporary-file.ts";
import type { Entry } from "./column-cursor.ts";
import type { ColumnChunk } from "./footer.ts";
import { encodeRuns, levelWidth } from "./run-lengths.ts";
import { PHYSICAL, type Physical, type SchemaNode } from "./schema.ts";
import { type ThriftStruct, TYPE, writeStruct } from "./thrift.ts";
import { field, i32, i64, listField, makeStruct, structField } from "./thrift-access.ts";

const PAGE_BYTES = 2 ** 20;
const PAGE_ENTRIES = 20_000;
const UNCOMPRESSED = 0;
const GZIP = 2;
const PLAIN = 0;
const RLE = 3;

/** Gathers rows of one leaf column into pages, as levels and plain values, and writes them as one column chunk. */
export interface ColumnWriter {
  /** Bytes held in memory. */
  readonly held: number;
  add(entries: readonly Entry[]): void;
  /** Writes what was gathered and gives its metadata; the writer is empty afterwards. */
  flush(sink: TemporaryFile): Promise<{ readonly chunk: ThriftStruct; readonly bytes: number }>;
}

/**
 * A writer for one leaf. The own key/value metadata of `source`, a chunk of the same column, is
 * kept. Pages are compressed with gzip, which every reader knows, where that saves a tenth of
 * the first one; images, which do not shrink, are stored as they are.
 */
export function createColumnWriter(
  leaf: SchemaNode,
  path: readonly string[],
  source: ColumnChunk | undefined,
): ColumnWriter {
  const { physical } = leaf.leaf as { physical: Physical };
  let codec: number | undefined;
  let repetitions: number[] = [];
  let definitions: number[] = [];
  let values: Uint8Array[] = [];
  let pageBytes = 0;
  let pages: Uint8Array[] = [];
  let total = { entries: 0, nulls: 0, compressed: 0, uncompressed: 0 };

  const closePage = () => {
    if (definitions.length === 0) return;
    const body = Buffer.concat([
      levels(repetitions, leaf.maxRepetition),
      levels(definitions, leaf.maxDefinition),
      ...(physical === "BOOLEAN" ? [packBits(values)] : values),
    ]);
    codec ??= gzipSync(body).length < body.length * 0.9 ? GZIP : UNCOMPRESSED;
    const data = codec === GZIP ? gzipSync(body) : body;
    const details = makeStruct(i32(1, definitions.length), i32(2, PLAIN), i32(3, RLE), i32(4, RLE));
    const header = writeStruct(
      makeStruct(i32(1, 0), i32(2, body.length), i32(3, data.length), structField(5, details)),
    );
    pages.push(header, data);
    total = {
      ...total,
      entries: total.entries + definitions.length,
      compressed: total.compressed + header.length + data.length,
      uncompressed: total.uncompressed + header.length + body.length,
    };
    [repetitions, definitions, values, pageBytes] = [[], [], [], 0];
  };

  return {
    get held() {
      return total.compressed + pageBytes;
    },
    add(entries) {
      for (const { repetition, definition, value } of entries) {
        repetitions.push(repetition);
        definitions.push(definition);
        if (value === undefined) {
          total.nulls += 1;
          continue;
        }
        if (physical === "BYTE_ARRAY") values.push(lengthPrefix(value.length));
        values.push(new Uint8Array(value));
        pageBytes += value.length + 4;
      }
      if (pageBytes >= PAGE_BYTES || definitions.length >= PAGE_ENTRIES) closePage();
    },
    async flush(sink) {
      closePage();
      const start = sink.size;
      for (const part of pages) await sink.write(part);
      const own = source === undefined ? undefined : field(source.metadata, 8);
      const metadata = makeStruct(
        i32(1, PHYSICAL.indexOf(physical)),
        listField(2, TYPE.i32, [PLAIN, RLE]),
        listField(
          3,
          TYPE.binary,
          path.map((name) => Buffer.from(name)),
        ),
        i32(4, codec ?? UNCOMPRESSED),
        i64(5, total.entries),
        i64(6, total.uncompressed),
        i64(7, total.compressed),
        ...(own === undefined ? [] : [{ id: 8, type: TYPE.list, value: own }]),
        i64(9, start),
        structField(12, makeStruct(i64(3, total.nulls))),
      );
      const bytes = total.uncompressed;
      pages = [];
      codec = undefined;
      total = { entries: 0, nulls: 0, compressed: 0, uncompressed: 0 };
      return { chunk: makeStruct(i64(2, start), structField(3, metadata)), bytes };
    },
  };
}

function levels(values: readonly number[], max: number): Buffer {
  if (max === 0) return Buffer.alloc(0);
  const runs = encodeRuns(values, levelWidth(max));
  return Buffer.concat([lengthPrefix(runs.length), runs]);
}

function lengthPrefix(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(length);
  return bytes;
}

function packBits(values: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.alloc(Math.ceil(values.length / 8));
  for (const [index, value] of values.entries()) {
    if (value[0] === 1) bytes[index >> 3] = (bytes[index >> 3] as number) | (1 << (index & 7));
  }
  return bytes;
}
