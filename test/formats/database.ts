import { DuckDBInstance, type DuckDBValue } from "@duckdb/node-api";

/** Runs SQL in a database of its own and gives the rows; DuckDB is the judge of our own Parquet code. */
export async function sql(text: string): Promise<DuckDBValue[][]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(text)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** An SQL literal of bytes. */
export function blob(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "NULL::BLOB" : `from_hex('${Buffer.from(bytes).toString("hex")}')`;
}
