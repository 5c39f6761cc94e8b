import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { MalformedParquet } from "./malformed.ts";
import { type ThriftStruct, TYPE, writeStruct } from "./thrift.ts";
import { i32, i64, listField, makeStruct, structField } from "./thrift-access.ts";

/**
 * Decompresses a page with a codec that Node lacks and DuckDB has: the page becomes the one
 * value of a Parquet file of its own, a required column of fixed width whose plain encoding is
 * the page itself, and DuckDB reads that value. `codec` as in parquet.thrift.
 */
export async function decompressWithDuckdb(codec: number, data: Buffer, length: number): Promise<Buffer> {
  const folder = await mkdtemp(path.join(tmpdir(), "winnow-page-"));
  const file = path.join(folder, "page.parquet");
  try {
    await writeFile(file, wrapPage(codec, data, length));
    const connection = await connect();
    const result = await connection.runAndReadAll(`SELECT page FROM read_parquet('${file.replaceAll("'", "''")}')`);
    const value = result.getRows()[0]?.[0];
    const bytes = (value as { bytes?: Uint8Array } | undefined)?.bytes;
    if (bytes === undefined) throw new MalformedParquet("expected one value of a page; found none");
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

let shared: Promise<DuckDBConnection> | undefined;

async function connect(): Promise<DuckDBConnection> {
  shared ??= import("@duckdb/node-api").then(async ({ DuckDBInstance }) => {
    const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
    return await instance.connect();
  });
  return await shared;
}

function wrapPage(codec: number, data: Buffer, length: number): Buffer {
  const name = Buffer.from("page");
  const plain = 0;
  const runs = 3;
  const fixed = 7;
  const header = writeStruct(
    makeStruct(
      i32(1, 0),
      i32(2, length),
      i32(3, data.length),
      structField(5, makeStruct(i32(1, 1), i32(2, plain), i32(3, runs), i32(4, runs))),
    ),
  );
  const size = header.length + data.length;
  const column = makeStruct(
    i32(1, fixed),
    listField(2, TYPE.i32, [plain, runs]),
    listField(3, TYPE.binary, [name]),
    i32(4, codec),
    i64(5, 1),
    i64(6, header.length + length),
    i64(7, size),
    i64(9, 4),
  );
  const root = makeStruct({ id: 4, type: TYPE.binary, value: Buffer.from("schema") }, i32(5, 1));
  const leaf = makeStruct(i32(1, fixed), i32(2, length), i32(3, 0), { id: 4, type: TYPE.binary, value: name });
  const group = makeStruct(
    listField(1, TYPE.struct, [makeStruct(i64(2, 4), structField(3, column))]),
    i64(2, size),
    i64(3, 1),
  );
  const metadata: ThriftStruct = makeStruct(
    i32(1, 1),
    listField(2, TYPE.struct, [root, leaf]),
    i64(3, 1),
    listField(4, TYPE.struct, [group]),
  );
  const footer = writeStruct(metadata);
  const end = Buffer.alloc(8, "\0\0\0\0PAR1");
  end.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from("PAR1"), header, data, footer, end]);
}
