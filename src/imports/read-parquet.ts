import { basename } from "node:path";
import { WinnowError } from "../errors.ts";
import type { LogRecord } from "./log-layout.ts";

/** The rows of a Parquet file as plain objects, in order; columns of binary data (images) are left out. */
export async function* readParquet(file: string): AsyncGenerator<LogRecord> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: "1GB", preserve_insertion_order: "true" });
  const connection = await instance.connect();
  const path = `'${file.replaceAll("'", "''")}'`;
  try {
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${path})`);
    const columns = described
      .getRowObjectsJS()
      .filter((row) => !/BLOB/.test(row.column_type as string))
      .map((row) => `"${(row.column_name as string).replaceAll('"', '""')}"`);
    const result = await connection.stream(`SELECT ${columns.join(", ")} FROM read_parquet(${path})`);
    for await (const chunk of result.yieldRowObjectJs()) yield* chunk as LogRecord[];
  } catch (cause) {
    if (cause instanceof WinnowError) throw cause;
    throw new WinnowError("input", `${basename(file)}: expected Parquet; ${(cause as Error).message}`, { cause });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
