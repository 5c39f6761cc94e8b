import { DuckDBInstance } from "@duckdb/node-api";
import type { Arm, Prompt, PromptPart } from "../../../src/records.ts";

/** A row of examples/figures. */
export interface Figure {
  readonly id: string;
  /** With one `<image>`. */
  readonly problem: string;
  readonly image: Uint8Array;
}

/** The first rows of examples/figures. */
export async function readFigures(count: number): Promise<Figure[]> {
  const connection = await (await DuckDBInstance.create()).connect();
  const result = await connection.runAndReadAll(
    `SELECT id, problem, images[1].bytes AS image FROM 'examples/figures/train.parquet' LIMIT ${count}`,
  );
  return result.getRowObjects().map((row) => ({
    id: row.id as string,
    problem: row.problem as string,
    image: (row.image as { bytes: Uint8Array }).bytes,
  }));
}

/** One arm of a figure. */
export function promptOf(figure: Figure, arm: Arm): Prompt {
  const [before = "", after = ""] = figure.problem.split("<image>");
  const parts: PromptPart[] = [
    { type: "text", text: before },
    { type: "image", bytes: figure.image },
    { type: "text", text: after },
  ];
  const seen = parts.filter((part) => (part.type === "image" ? arm === "image" : part.text !== ""));
  return { sampleId: figure.id, arm, parts: seen };
}
