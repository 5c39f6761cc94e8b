import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { WinnowError } from "../errors.ts";

const schema = z.strictObject({
  /** Format prompt the model was trained to need, by name or text. */
  format: z.string().default("think-boxed"),
  /** Response tokens at most. */
  maxTokens: z.number().int().min(1).default(2048),
});

/** What a model directory's optional `winnow.json` says of how the model wants to be asked. */
export type ModelDefaults = z.output<typeof schema>;

/** Reads a model directory's `winnow.json`; without one, or without a directory, the paper's settings. */
export async function readModelDefaults(directory: string | undefined): Promise<ModelDefaults> {
  if (directory === undefined) return schema.parse({});
  const path = join(directory, "winnow.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return schema.parse({});
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new WinnowError(
      "input",
      `${path}: expected {"format": text, "maxTokens": count}; ${(error as Error).message}`,
    );
  }
}
