import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { findLogs } from "../../src/imports/find-logs.ts";
import { type LogItem, readRecords } from "../../src/imports/read-records.ts";
import { temporaryFolder } from "../temporary-folder.ts";

async function read(name: string, content: string | Buffer): Promise<LogItem[]> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  const items: LogItem[] = [];
  for await (const item of readRecords(path)) items.push(item);
  return items;
}

test("JSON lines, an array, and either of them packed give the same records", async () => {
  const expected = [
    { row: 0, record: { a: 1 }, text: false },
    { row: 1, record: { a: "ü" }, text: false },
  ];
  expect(await read("a.jsonl", '\uFEFF{"a":1}\r\n\n{"a":"ü"}')).toEqual(expected);
  expect(await read("a.json", ' [\n{"a":1}, {"a":"ü"}]')).toEqual(expected);
  expect(await read("a.jsonl.gz", gzipSync('{"a":1}\n{"a":"ü"}\n'))).toEqual(expected);
});

test("NaN and Infinity, which Python writes, are nothing; inside a text they stay", async () => {
  const [item] = await read("a.jsonl", '{"score": NaN, "low": -Infinity, "text": "NaN \\" Infinity"}\n');
  expect(item).toMatchObject({ record: { score: null, low: null, text: 'NaN " Infinity' } });
});

test("a line that is no JSON object costs that line only, and keeps its place", async () => {
  const items = await read("a.jsonl", '{"a":1}\n{"a":\n7\n{"a":2}\n');
  expect(items.map((item) => ("malformed" in item ? `${item.row} malformed` : item.row))).toEqual([
    0,
    "1 malformed",
    "2 malformed",
    3,
  ]);
});

test("an array that was cut off, and an empty file, are refused by name", async () => {
  await expect(read("cut.json", '[{"a":1}, {"a"')).rejects.toThrow(/cut\.json: malformed JSON/);
  await expect(read("none.jsonl", " \n")).rejects.toThrow(/none\.jsonl: expected a log of rollouts/);
});

test("the logs of a folder come in the order of their numbers; other files are left alone", async () => {
  const folder = await temporaryFolder();
  for (const name of ["10.jsonl", "2.jsonl", "1.jsonl", "notes.md"]) await writeFile(join(folder, name), "{}");
  expect((await findLogs(folder)).map((path) => path.split("/").at(-1))).toEqual(["1.jsonl", "2.jsonl", "10.jsonl"]);
  await expect(findLogs(join(folder, "gone"))).rejects.toThrow(/found nothing there/);
});
