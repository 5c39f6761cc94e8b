import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../../src/formats/index.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { PNG, readAll, writeData } from "./rows.ts";

test("a line that is not UTF-8 costs its row alone", async () => {
  const good = Buffer.from(`{"question": "q", "answer": "1", "image": "${PNG}"}\n`);
  const bad = Buffer.from(good);
  bad[14] = 0xff;
  const items = await readAll(await writeData(Buffer.concat([good, bad, good])));
  expect(items.map((item) => (item.type === "sample" ? item.sample.source.row : item.rejected.code))).toEqual([
    0,
    "invalid-utf8",
    2,
  ]);
});

test("a byte order mark, CRLF and blank lines are part of no row", async () => {
  const row = (id: string) => `{"id": "${id}", "question": "q", "answer": "1\\r", "image": "${PNG}"}`;
  for (const text of [`\uFEFF${row("a")}\r\n\r\n${row("b")}\r\n`, `\uFEFF[\r\n${row("a")},\r\n${row("b")}]\r\n`]) {
    const items = await readAll(await writeData(text, "data.json"));
    expect(items).toMatchObject([{ sample: { rowId: "a", groundTruth: "1" } }, { sample: { rowId: "b" } }]);
  }
});

test("200 shards, by a glob or in folders, are one dataset; a subset has the shards it draws on", async () => {
  const folder = await temporaryFolder();
  const names = Array.from(
    { length: 200 },
    (_, shard) => `part-${shard % 4}/train-${String(shard).padStart(5, "0")}-of-00200.jsonl`,
  );
  for (const part of [0, 1, 2, 3]) await mkdir(path.join(folder, `part-${part}`));
  for (const [shard, name] of names.entries()) {
    await writeFile(
      path.join(folder, name),
      `{"id": ${shard}, "question": "q${shard}", "answer": "1", "image": "${PNG}"}\n`,
    );
  }
  for (const where of [folder, path.join(folder, "part-*", "train-*-of-00200.jsonl")]) {
    await using dataset = await openDataset(where);
    expect(dataset.rows).toBe(200);
    const out = path.join(await temporaryFolder(), "out");
    const written = await dataset.writeSubset(
      new Map([names[7], names[198]].map((name) => [name ?? "", new Set([0])])),
      out,
    );
    expect(written.files).toEqual([names[198], names[7]]);
    expect(await readAll(out)).toMatchObject([{ sample: { rowId: "198" } }, { sample: { rowId: "7" } }]);
  }
});

test.each([
  ["data.jsonl", "", "data.jsonl: expected JSON rows; found an empty file."],
  ["data.jsonl", " \n\n", "data.jsonl: expected JSON rows; found nothing but space."],
  ["data.jsonl", "hello", 'data.jsonl: expected JSON starting with { or [; found "hello".'],
  [
    "data.jsonl",
    '{"question": "q"}\n{"question": \n',
    "data.jsonl, line 2: expected one JSON object; expected a value at byte 14; found the end.",
  ],
  [
    "data.jsonl",
    '{"a": 1}\n[1]\n',
    'data.jsonl, line 2: expected one JSON object; expected an object at byte 0; found "[".',
  ],
  [
    "data.json",
    '[{"a": 1}, 2]',
    'data.json: malformed JSON: expected an object as a row at row 1, byte 11; found "2".',
  ],
  ["data.json", '[{"a": 1}', "data.json: malformed JSON: expected ] after row 1; found the end of the file, byte 9."],
  ["data.json", '[["a"]]', "data.json: no column looks like the question (expected one of problem, question,"],
  ["data.json", '["a"]', 'data.json: malformed JSON: expected an object as a row at row 0, byte 1; found "\\"".'],
  [
    "data.json",
    '{"x": {"a": 1}, "y": 3}',
    'data.json: malformed JSON: expected an object as a row at row 1, byte 21; found "3".',
  ],
  ["data.json", "[]", "data.json: expected rows; found none."],
  ["data.parquet", "", "data.parquet: malformed Parquet: expected a Parquet file; found an empty file."],
  ["data.parquet", "PAR1 no parquet PAR!", 'data.parquet: malformed Parquet: expected "PAR1" at the start and the end'],
  [
    "data.txt",
    "x",
    "expected metadata.csv, metadata.jsonl, metadata.parquet, .parquet, .jsonl, .jsonl.gz, .jsonl.zst,",
  ],
  [
    "data.jsonl",
    '{"question": "q", "answer": "1"}',
    "data.jsonl: no column looks like the images (expected one of images, image,",
  ],
])("%s holding %j is refused in one sentence", async (name, content, message) => {
  const file = await writeData(content, name);
  await expect(openDataset(file)).rejects.toMatchObject({ code: "input", message: expect.stringContaining(message) });
});

test("a column that is not there is named, with those that are", async () => {
  const file = await writeData('{"question": "q", "answer": "1", "image": "a.png"}');
  await expect(openDataset(file, { fields: { answer: "gold" } })).rejects.toThrow(
    "data.jsonl: there is no column `gold` for `fields.answer`; found `question`, `answer`, `image`.",
  );
});

test("a folder gives its data files; several formats or splits are asked about", async () => {
  const folder = await temporaryFolder();
  const row = '{"question": "q", "answer": "1", "image": "a.png"}\n';
  await expect(openDataset(folder)).rejects.toThrow("expected data files");
  await expect(openDataset(path.join(folder, "none"))).rejects.toThrow("found nothing there");
  for (const name of ["README.md", "winnow.yaml", "dataset_info.json"]) await writeFile(path.join(folder, name), "x");
  await writeFile(path.join(folder, "train-1.jsonl"), row);
  await writeFile(path.join(folder, "train-0.jsonl"), row + row);
  expect((await readAll(folder)).map((item) => item.type === "rejected" && item.rejected.source)).toEqual([
    { file: "train-0.jsonl", row: 0 },
    { file: "train-0.jsonl", row: 1 },
    { file: "train-1.jsonl", row: 0 },
  ]);
  await writeFile(path.join(folder, "test.jsonl"), row);
  await expect(openDataset(folder)).rejects.toThrow("expected one split; found test, train");
  expect(await readAll(path.join(folder, "train-*.jsonl"))).toHaveLength(3);
  expect(await readAll(path.join(folder, "{test,train-1}.json?"))).toHaveLength(2);
});
