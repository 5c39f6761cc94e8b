import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { openDataset } from "../../../src/formats/index.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { png } from "../pictures.ts";
import { readAll } from "../traps/rows.ts";

const PICTURES = [0, 1, 2].map((shade) => png({ shade, width: 20 + shade }).toString("base64"));

/** A benchmark as VLMEvalKit writes one: rows 1 and 5 refer to row 0, row 2 to one further on, row 3 by two steps. */
const ROWS = [
  ["1", PICTURES[0]],
  ["2", "1"],
  ["3", "9"],
  ["4", "2"],
  ["9", `"${PICTURES[1]}"`],
  ["1000001", "1"],
  ["7", "nowhere"],
];
const line = ([index, image]: readonly (string | undefined)[]) => `${index}\t"Which?\n"\tyes\tno\t${image}\tA\n`;
const HEADER = "index\tquestion\tA\tB\timage\tanswer\n";
const TEXT = HEADER + ROWS.map(line).join("");

async function save(name: string): Promise<string> {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, name.endsWith(".gz") ? gzipSync(TEXT) : TEXT);
  return file;
}

const widths = (items: Awaited<ReturnType<typeof readAll>>) =>
  items.map((item) => (item.type === "sample" ? item.sample.images[0]?.width : item.rejected.code));

async function subset(file: string, rows: readonly number[]): Promise<{ text: string; copy: string }> {
  const folder = path.join(await temporaryFolder(), "out");
  await using dataset = await openDataset(file);
  await dataset.writeSubset(new Map([[path.basename(file), new Set(rows)]]), folder);
  const copy = path.join(folder, path.basename(file));
  const bytes = await readFile(copy);
  return { text: (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString(), copy };
}

describe.each(["data.tsv", "data.tsv.gz"])("%s", (name) => {
  test("a short image is the row whose index it is: before, after, by two steps; another one is a path", async () => {
    const file = await save(name);
    expect(widths(await readAll(file))).toEqual([20, 20, 21, 20, 21, 20, "image-missing"]);
  });

  test("a single row finds its image too", async () => {
    await using dataset = await openDataset(await save(name));
    const items = [];
    for await (const item of dataset.read({ only: (_, row) => row === 5 })) items.push(item);
    expect(widths(items)).toEqual([20]);
  });

  test("a subset that has the row referred to is written as it was", async () => {
    const { text, copy } = await subset(await save(name), [0, 1, 5]);
    expect(text).toBe(HEADER + [0, 1, 5].map((row) => line(ROWS[row] as string[])).join(""));
    expect(widths(await readAll(copy))).toEqual([20, 20, 20]);
  });

  test("a subset without it has the image in every row that refers to it, and nothing else is changed", async () => {
    const { text, copy } = await subset(await save(name), [1, 2, 5]);
    const whole = [
      ["2", PICTURES[0]],
      ["3", `"${PICTURES[1]}"`],
      ["1000001", PICTURES[0]],
    ];
    expect(text).toBe(HEADER + whole.map(line).join(""));
    expect(widths(await readAll(copy))).toEqual([20, 21, 20]);
    const ids = async (file: string, only: readonly number[]) => {
      const items = await readAll(file);
      return only.map((row) => (items[row]?.type === "sample" ? items[row].sample.id : undefined));
    };
    expect(await ids(copy, [0, 1, 2])).toEqual(await ids(await save(name), [1, 2, 5]));
  });
});

test("of two rows of one index the last is referred to, as VLMEvalKit's own map has it", async () => {
  const file = path.join(await temporaryFolder(), "data.tsv");
  await writeFile(
    file,
    HEADER +
      [
        ["1", PICTURES[0]],
        ["1", PICTURES[1]],
        ["2", "1"],
      ]
        .map(line)
        .join(""),
  );
  expect(widths(await readAll(file))).toEqual([20, 21, 21]);
});

test("rows that refer to each other have no image", async () => {
  const file = path.join(await temporaryFolder(), "data.tsv");
  await writeFile(
    file,
    HEADER +
      [
        ["1", "2"],
        ["2", "1"],
        ["3", "3"],
      ]
        .map(line)
        .join(""),
  );
  expect(widths(await readAll(file))).toEqual(["image-missing", "image-missing", "image-missing"]);
});
