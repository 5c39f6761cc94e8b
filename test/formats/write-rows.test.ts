import { createHash } from "node:crypto";
import path from "node:path";
import { expect, test } from "vitest";
import type { ColumnTypes } from "../../src/formats/column-type.ts";
import { openDataset } from "../../src/formats/index.ts";
import { openParquetRows } from "../../src/formats/parquet/write-rows.ts";
import { openTemporaryFile } from "../../src/lib/open-temporary-file.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { sql } from "./database.ts";
import { png } from "./pictures.ts";

async function write(columns: ColumnTypes, rows: Iterable<Readonly<Record<string, unknown>>>): Promise<string> {
  const file = path.join(await temporaryFolder(), "train.parquet");
  const sink = await openTemporaryFile(file);
  const parquet = await openParquetRows(columns, sink, "a test");
  for (const row of rows) await parquet.add(row);
  await parquet.finish();
  await sink.commit();
  return file;
}

const COLUMNS: ColumnTypes = {
  prompt: [{ role: "text", content: [{ type: "text", text: "text" }] }],
  images: ["image"],
  info: { index: "integer", answer: "text", nested: { d: "number" } },
  choices: ["text"],
  d: "number",
};

test("lists, lists of lists, objects and nulls come back through another reader as they were", async () => {
  const picture = png({ shade: 7, width: 4 });
  const rows = [
    {
      prompt: [
        { role: "user", content: [{ type: "image" }, { type: "text", text: "Wie groß?" }] },
        { role: "assistant", content: [] },
      ],
      images: [
        { bytes: picture, path: "a.png" },
        { bytes: new Uint8Array([1, 2]), path: null },
      ],
      info: { index: 2 ** 40, answer: "", nested: { d: -0.5 } },
      choices: [],
      d: 0.2,
    },
    { prompt: [], images: [], info: { index: -1, nested: null }, choices: ["A", null, "C"], d: null },
    { prompt: null, images: null },
  ];
  const file = await write(COLUMNS, rows);
  const read = await sql(
    `SELECT to_json(t)::VARCHAR FROM (SELECT * REPLACE (list_transform(images, x -> {bytes: hex(x.bytes), path: x.path}) AS images)
     FROM read_parquet('${file}')) t`,
  );
  expect(read.map(([row]) => JSON.parse(row as string))).toEqual([
    {
      prompt: [
        {
          role: "user",
          content: [
            { type: "image", text: null },
            { type: "text", text: "Wie groß?" },
          ],
        },
        { role: "assistant", content: [] },
      ],
      images: [
        { bytes: picture.toString("hex").toUpperCase(), path: "a.png" },
        { bytes: "0102", path: null },
      ],
      info: { index: 2 ** 40, answer: "", nested: { d: -0.5 } },
      choices: [],
      d: 0.2,
    },
    {
      prompt: [],
      images: [],
      info: { index: -1, answer: null, nested: null },
      choices: ["A", null, "C"],
      d: null,
    },
    { prompt: null, images: null, info: null, choices: null, d: null },
  ]);
});

test("the features are those that every version of datasets knows", async () => {
  const file = await write(COLUMNS, [{}]);
  const [row] = await sql(`SELECT decode(value) FROM parquet_kv_metadata('${file}') WHERE key = 'huggingface'`);
  const { info } = JSON.parse(row?.[0] as string) as { info: { features: unknown } };
  const text = { dtype: "string", _type: "Value" };
  expect(info.features).toEqual({
    prompt: [{ role: text, content: [{ type: text, text }] }],
    images: { feature: { _type: "Image" }, _type: "Sequence" },
    info: {
      index: { dtype: "int64", _type: "Value" },
      answer: text,
      nested: { d: { dtype: "float64", _type: "Value" } },
    },
    choices: { feature: text, _type: "Sequence" },
    d: { dtype: "float64", _type: "Value" },
  });
});

test("files larger than a row group are written in groups of 64 MB, and read back by Winnow", async () => {
  const picture = png({ shade: 3, width: 5 });
  const noise = createHash("shake256", { outputLength: 2 ** 20 })
    .update("noise")
    .digest();
  const padded = Buffer.concat([picture, noise]);
  function* rows() {
    for (let row = 0; row < 70; row += 1) {
      yield { problem: "<image>How many?", images: [{ bytes: padded, path: null }], answer: String(row) };
    }
  }
  const file = await write({ problem: "text", images: ["image"], answer: "text" }, rows());
  const [group] = await sql(
    `SELECT count(DISTINCT row_group_id) AS groups, max(row_group_num_rows) AS rows FROM parquet_metadata('${file}')`,
  );
  expect(group).toEqual([2n, 64n]);
  await using dataset = await openDataset(file);
  const truths: string[] = [];
  for await (const item of dataset.read()) {
    if (item.type === "sample" && padded.equals(item.sample.images[0]?.bytes ?? padded.subarray(1))) {
      truths.push(item.sample.groundTruth);
    }
  }
  expect(truths).toEqual(Array.from({ length: 70 }, (_, row) => String(row)));
});
