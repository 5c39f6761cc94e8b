import { writeFile } from "node:fs/promises";
import { DuckDBInstance } from "@duckdb/node-api";

/** The first rows of examples/figures as JSON lines with images as data URIs; gives the path. */
export async function writeFigures(path: string, count: number): Promise<string> {
  const connection = await (await DuckDBInstance.create()).connect();
  const result = await connection.runAndReadAll(
    `SELECT id, problem, answer, images[1].bytes AS image FROM 'examples/figures/train.parquet' LIMIT ${count}`,
  );
  const lines = result.getRowObjects().map(({ id, problem, answer, image }) => {
    const data = Buffer.from((image as { bytes: Uint8Array }).bytes).toString("base64");
    return JSON.stringify({ id, problem, answer, images: [`data:image/png;base64,${data}`] });
  });
  await writeFile(path, `${lines.join("\n")}\n`);
  return path;
}
