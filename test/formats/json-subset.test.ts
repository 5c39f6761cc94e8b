import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../src/formats/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { PNG, readAll, writeData } from "./traps/rows.ts";

test("a subset of JSON keeps each row's own text", async () => {
  const rows = [
    '{"question":"a", "answer": 1.0,"image":"x"}',
    '{ "question" : "b","answer":1e400, "image": "y"}',
    '{"question":"c","answer":2,"image":"z"}',
  ];
  const out = path.join(await temporaryFolder(), "out");
  const file = await writeData(`\uFEFF[ ${rows.join("\n , ")}\n]\n`, "rows.json");
  await using dataset = await openDataset(file);
  await dataset.writeSubset(new Map([["rows.json", new Set([1, 2])]]), out);
  expect(await readFile(path.join(out, "rows.json"), "utf8")).toBe(`\uFEFF[ ${rows[1]}\n , ${rows[2]}\n]\n`);
});

test("an array of lists has columns by number, and a subset keeps each list's own text", async () => {
  const rows = ['["a", 1.0, "x"]', '[ "b", [2], "y" ]', '["c", 3, "z"]'];
  const out = path.join(await temporaryFolder(), "out");
  const file = await writeData(`[${rows.join(", ")}]`, "rows.json");
  const fields = { question: "0", answer: "1", images: "2" };
  await using dataset = await openDataset(file, { fields });
  await dataset.writeSubset(new Map([["rows.json", new Set([0, 1])]]), out);
  expect(await readFile(path.join(out, "rows.json"), "utf8")).toBe(`[${rows[0]}, ${rows[1]}]`);
});

test("an object around `data` keeps its other members in a subset, however many rows are left", async () => {
  const row = (id: number) => JSON.stringify({ id, question: "How many [?", answer: "3", image: PNG });
  const wrap = (rows: string) => `\uFEFF{ "data": [${rows}], "version": [1.0, {"n": "]"}] }\n`;
  const file = await writeData(wrap(`\n ${row(0)},\n ${row(1)}\n`), "data.json");
  await using dataset = await openDataset(file);
  expect([dataset.format, dataset.rows, (await readAll(file)).length]).toEqual(["json", 2, 2]);
  for (const [kept, rows] of [
    [[1], `\n ${row(1)}\n`],
    [[0, 1], `\n ${row(0)},\n ${row(1)}\n`],
  ] as const) {
    const folder = await temporaryFolder();
    await dataset.writeSubset(new Map([["data.json", new Set<number>(kept)]]), folder);
    expect(await readFile(path.join(folder, "data.json"), "utf8")).toBe(wrap(rows));
  }
});

test("an object around `data` that does not end is refused by name", async () => {
  const file = await writeData(`{"data": [{"question": "a", "answer": "b"}], "version": 1`, "data.json");
  await expect(openDataset(file)).rejects.toThrow("data.json: malformed JSON: expected } after the array `data`");
});

test("a subset of JSON lines keeps byte order mark, line breaks and a missing last one", async () => {
  const row = (id: number) => `{"id": ${id}, "question": "q", "answer": "1", "image": "x"}`;
  const out = path.join(await temporaryFolder(), "out");
  const file = await writeData(`\uFEFF${row(0)}\r\n\r\n${row(1)}\n${row(2)}`);
  await using dataset = await openDataset(file);
  await dataset.writeSubset(new Map([["data.jsonl", new Set([1, 2])]]), out);
  expect(await readFile(path.join(out, "data.jsonl"), "utf8")).toBe(`\uFEFF${row(1)}\n${row(2)}`);
});
