import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { ReadItem } from "../../../src/formats/format.ts";
import { type DatasetOptions, openDataset } from "../../../src/formats/index.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { png } from "../pictures.ts";

/** A whole picture as base64. */
export const PNG: string = png().toString("base64");

/** Writes a file into a folder of its own. */
export async function writeData(content: string | Uint8Array, name = "data.jsonl"): Promise<string> {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, content);
  return file;
}

/** Every row of a dataset. */
export async function readAll(where: string, options: DatasetOptions = {}): Promise<ReadItem[]> {
  await using dataset = await openDataset(where, options);
  const items: ReadItem[] = [];
  for await (const item of dataset.read()) items.push(item);
  return items;
}

/** `code: reason` of a rejected row, or the sample, of one line of JSON that is good but for what is given. */
export async function outcome(row: object): Promise<unknown> {
  const whole = { question: "How many?", answer: "3", image: PNG, ...row };
  const [item] = await readAll(await writeData(`${JSON.stringify(whole)}\n`));
  return item?.type === "rejected" ? `${item.rejected.code}: ${item.rejected.reason}` : item?.sample;
}
