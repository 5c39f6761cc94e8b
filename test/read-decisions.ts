import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

/** A run's decisions, all columns, in the order of sample ids. */
export async function readDecisions(directory: string): Promise<Record<string, unknown>[]> {
  const connection = await (await DuckDBInstance.create()).connect();
  const path = join(directory, "decisions.parquet").replaceAll("'", "''");
  return (await connection.runAndReadAll(`SELECT * FROM '${path}' ORDER BY id`)).getRowObjectsJS();
}
