import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { FixtureRow } from "./contract.ts";

/** How a layout holds a row's picture. */
export type Encode = (row: FixtureRow, folder: string) => Promise<unknown>;

/** Writes a row's picture into `images/` and gives its path, where the row has one. */
export async function saveImage({ id, image }: FixtureRow, folder: string): Promise<string | undefined> {
  if (image === undefined) return undefined;
  await mkdir(path.join(folder, "images"), { recursive: true });
  await writeFile(path.join(folder, "images", `${id}.png`), image);
  return `images/${id}.png`;
}

/** A row's picture as text. */
export const base64: (row: FixtureRow) => string | null = ({ image }: FixtureRow) => image?.toString("base64") ?? null;
export const asPath: Encode = async (row, folder) => (await saveImage(row, folder)) ?? null;
export const asBytes: Encode = async (row) => [{ bytes: base64(row), path: null }];
export const asDataUri: Encode = async (row) =>
  row.image === undefined ? [] : [`data:image/png;base64,${base64(row)}`];

/** The rows as JSON objects, one with a number that a subset must not tidy. */
export async function toObjects(rows: readonly FixtureRow[], folder: string, encode: Encode): Promise<string[]> {
  const objects = [];
  for (const row of rows) {
    const { id, question, answer } = row;
    const image = JSON.stringify(await encode(row, folder));
    objects.push(
      `{"id": ${JSON.stringify(id)}, "question": ${JSON.stringify(question)}, "answer": ${answer}, "image": ${image}, "odd" : 1.0}`,
    );
  }
  return objects;
}
