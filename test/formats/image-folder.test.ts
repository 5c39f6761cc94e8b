import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../src/formats/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { png } from "./pictures.ts";
import { readAll } from "./traps/rows.ts";

const PICTURES: Readonly<Record<string, Buffer>> = Object.fromEntries(
  ["a", "b", "c", "d"].map((name, index) => [name, png({ width: 10 + index, shade: index })]),
);

/** A folder with pictures `NAME.png` beside its metadata. */
async function makeFolder(folder: string, metadata: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(PICTURES)) await writeFile(path.join(folder, `${name}.png`), bytes);
  await writeFile(path.join(folder, metadata), text);
  return folder;
}

const toLines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const widths = (items: Awaited<ReturnType<typeof readAll>>) =>
  items.map((item) => (item.type === "sample" ? item.sample.images.map(({ width }) => width) : item.rejected.code));

test("columns that name files are the images that `datasets` makes of them, and trainers' dialects fit them", async () => {
  const folder = await makeFolder(
    await temporaryFolder(),
    "metadata.jsonl",
    toLines([
      { file_name: "a.png", prompt: [{ role: "user", content: "Which?" }], solution: "1" },
      { file_name: "b.png", prompt: [{ role: "user", content: "And this?" }], solution: "2" },
    ]),
  );
  await using dataset = await openDataset(folder);
  expect([dataset.format, dataset.dialect, dataset.fields.images]).toEqual(["imagefolder", "trl", "image"]);
  expect(widths(await readAll(folder))).toEqual([[10], [11]]);
});

test("lists, and several columns of file names, are all images of the row, in order", async () => {
  const lists = await makeFolder(
    await temporaryFolder(),
    "metadata.jsonl",
    toLines([{ file_names: ["c.png", "a.png"], question: "q", answer: "1" }]),
  );
  expect(widths(await readAll(lists))).toEqual([[12, 10]]);
  const two = await makeFolder(
    await temporaryFolder(),
    "metadata.csv",
    "before_file_name,question,after_file_name,answer\nb.png,q,d.png,1\nb.png,q,,2\n",
  );
  expect(widths(await readAll(two))).toEqual([[11, 13], [11]]);
  expect(widths(await readAll(two, { fields: { images: "after" } }))).toEqual([[13], "no-image"]);
  expect(widths(await readAll(two, { fields: { images: "after_file_name" } }))).toEqual([[13], "no-image"]);
});

test("a subset is such a folder again: its lines as they were, and the pictures they name, byte for byte", async () => {
  const lines = ["a", "b", "c"].map((name) => `{"file_name":"${name}.png",  "question": "q", "answer": 1.0}\n`);
  const folder = await makeFolder(path.join(await temporaryFolder(), "set"), "metadata.jsonl", lines.join(""));
  await using dataset = await openDataset(folder);
  const out = path.join(folder, "..", "out");
  const written = await dataset.writeSubset(new Map([["metadata.jsonl", new Set([0, 2])]]), out);
  expect(written.files).toEqual(["metadata.jsonl", "a.png", "c.png"]);
  expect(await readFile(path.join(out, "metadata.jsonl"), "utf8")).toBe(`${lines[0]}${lines[2]}`);
  expect((await readFile(path.join(out, "c.png"))).equals(PICTURES.c as Buffer)).toBe(true);
  expect((await openDataset(out)).format).toBe("imagefolder");
});

test("folders of splits are asked about by name; each of them, or a glob over them, is a dataset", async () => {
  const root = await temporaryFolder();
  for (const split of ["train", "test"]) {
    const text = toLines([{ file_name: "a.png", question: split, answer: "1" }]);
    await makeFolder(path.join(root, split), "metadata.jsonl", text);
  }
  await expect(openDataset(root)).rejects.toThrow(
    `expected one split; found test, train. Name its folder, such as ${path.join(root, "test")}.`,
  );
  expect(await readAll(path.join(root, "train"))).toMatchObject([{ sample: { question: "<image>\ntrain" } }]);
  await using both = await openDataset(path.join(root, "*", "metadata.jsonl"));
  const out = path.join(await temporaryFolder(), "out");
  const written = await both.writeSubset(new Map([["train/metadata.jsonl", new Set([0])]]), out);
  expect(written.files).toEqual(["train/metadata.jsonl", "train/a.png"]);
});

test("file names that lead out of the folder, by link or by `..`, and URLs are refused by name", async () => {
  const outer = await temporaryFolder();
  await writeFile(path.join(outer, "secret.png"), png());
  const names = ["../secret.png", path.join(outer, "secret.png"), "link.png", "file:///etc/passwd", "s3://x/y.png"];
  const folder = await makeFolder(
    path.join(outer, "set"),
    "metadata.jsonl",
    toLines(names.map((name) => ({ file_name: name, question: "q", answer: "1" }))),
  );
  await symlink(path.join(outer, "secret.png"), path.join(folder, "link.png"));
  expect(widths(await readAll(folder))).toEqual([
    "path-outside-dataset",
    "path-outside-dataset",
    "path-outside-dataset",
    "path-outside-dataset",
    "image-remote",
  ]);
});

test("another format can be named, and then nothing is renamed", async () => {
  const folder = await makeFolder(
    await temporaryFolder(),
    "metadata.jsonl",
    toLines([{ file_name: "a.png", question: "q", answer: "1" }]),
  );
  await using plain = await openDataset(folder, { format: "jsonl" });
  expect([plain.format, plain.fields.images]).toEqual(["jsonl", "file_name"]);
  await using named = await openDataset(path.join(folder, "metadata.jsonl"), { format: "imagefolder" });
  expect([named.format, named.fields.images]).toEqual(["imagefolder", "image"]);
});

test("metadata of two kinds, or beside a table of rows, is asked about", async () => {
  const text = toLines([{ file_name: "a.png", question: "q", answer: "1" }]);
  const folder = await makeFolder(await temporaryFolder(), "metadata.jsonl", text);
  await writeFile(path.join(folder, "metadata.csv"), "file_name,question,answer\na.png,q,1\n");
  await expect(openDataset(folder)).rejects.toThrow("all of one kind; found .csv and .jsonl");
  const other = await makeFolder(await temporaryFolder(), "metadata.jsonl", text);
  await writeFile(path.join(other, "rows.jsonl"), text);
  await expect(openDataset(other)).rejects.toThrow("found metadata.jsonl and rows.jsonl. Name one of them");
});

test("pictures without metadata are no dataset of questions, and the message says what lacks", async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, "a.png"), png());
  await expect(openDataset(folder)).rejects.toThrow(
    "expected data files (metadata.csv, metadata.jsonl, metadata.parquet,",
  );
});
