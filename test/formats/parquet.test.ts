import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { FieldNames, ReadItem } from "../../src/formats/format.ts";
import { openDataset } from "../../src/formats/index.ts";
import { copyRows } from "../../src/formats/parquet/copy-rows.ts";
import { readFooter } from "../../src/formats/parquet/footer.ts";
import { readRows } from "../../src/formats/parquet/read-rows.ts";
import { type ThriftStruct, writeStruct } from "../../src/formats/parquet/thrift.ts";
import { openWindowReader } from "../../src/formats/parquet/window-reader.ts";
import { openTemporaryFile } from "../../src/lib/open-temporary-file.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { blob, sql } from "./database.ts";
import { png } from "./pictures.ts";

const HF = "test/fixtures/hf-images.parquet";
const ALL_TYPES = "test/fixtures/all-types.parquet";

async function readAll(where: string, fields: FieldNames = {}): Promise<ReadItem[]> {
  await using dataset = await openDataset(where, { fields });
  const items: ReadItem[] = [];
  for await (const item of dataset.read()) items.push(item);
  return items;
}

/** Copies rows of a Parquet file; gives the copy and the bytes that were read of the source. */
async function copy(source: string, rows: readonly number[]): Promise<{ file: string; bytesRead: number }> {
  const file = path.join(await temporaryFolder(), "copy.parquet");
  const reader = await openWindowReader(source);
  const sink = await openTemporaryFile(file);
  await copyRows({ footer: await readFooter(reader), reader }, new Set(rows), sink);
  await sink.commit();
  await reader[Symbol.asyncDispose]();
  return { file, bytesRead: reader.bytesRead };
}

/** A footer without what a subset changes: the number of rows and the row groups. */
async function footerBytes(file: string): Promise<string> {
  const reader = await openWindowReader(file);
  const { metadata } = await readFooter(reader);
  await reader[Symbol.asyncDispose]();
  const kept: ThriftStruct = { kind: "struct", fields: metadata.fields.filter(({ id }) => id !== 3 && id !== 4) };
  return writeStruct(kept).toString("latin1");
}

test("a file of Hugging Face datasets is read: lists of images, answer tags", async () => {
  const items = await readAll(HF);
  expect(items).toHaveLength(12);
  expect(items[5]).toMatchObject({
    sample: { rowId: "made-up-5", groundTruth: "green", images: [{ width: 8, height: 6, mediaType: "image/png" }] },
  });
});

test("a class label answers by its name, not by its number", async () => {
  const items = await readAll(HF, { answer: "split" });
  expect(items.slice(0, 2)).toMatchObject([{ sample: { groundTruth: "a" } }, { sample: { groundTruth: "b" } }]);
});

test.each([
  [HF, 12],
  [ALL_TYPES, 6],
])("a subset of %s keeps schema, metadata keys, and every value that DuckDB can read", async (source, rows) => {
  const chosen = Array.from({ length: rows }, (_, row) => row).filter((row) => row % 4 !== 1);
  const { file } = await copy(source, chosen);
  expect(await footerBytes(file)).toBe(await footerBytes(source));
  const select = (from: string, where: string) =>
    sql(
      `SELECT * EXCLUDE file_row_number FROM read_parquet('${from}', file_row_number=true) ${where} ORDER BY file_row_number`,
    );
  expect(await select(file, "")).toEqual(await select(source, `WHERE file_row_number IN (${chosen.join(", ")})`));
  const keys = (from: string) => sql(`SELECT key, value FROM parquet_kv_metadata('${from}')`);
  expect(await keys(file)).toEqual(await keys(source));
});

test("values that DuckDB would change come back bit by bit from a copy of a copy", async () => {
  const first = await copy(ALL_TYPES, [0, 1, 2, 3, 4, 5]);
  const second = await copy(first.file, [0, 1, 2, 3, 4, 5]);
  expect(await readFile(second.file)).toEqual(await readFile(first.file));
  const columns = async (file: string) => {
    const reader = await openWindowReader(file);
    const footer = await readFooter(reader);
    const values = [];
    for (const answer of footer.schema.children.map(({ name }) => name)) {
      for await (const row of readRows({ footer, reader }, [answer], () => true)) {
        values.push([answer, row.values.get(answer)]);
      }
    }
    await reader[Symbol.asyncDispose]();
    return values;
  };
  const values = await columns(second.file);
  expect(values).toEqual(await columns(ALL_TYPES));
  expect(values.filter(([name]) => name === "dec38")[0]?.[1]).toBe("123456789012345678901234567890.12");
  expect(values.filter(([name]) => name === "u64")[0]?.[1]).toBe("18446744073709551615");
  expect(values.filter(([name]) => name === "ls").map(([, value]) => value)).toMatchObject([
    [{ path: null }, null],
    [],
    null,
    [{ bytes: null, path: "p" }],
    [{ bytes: null, path: null }],
    [],
  ]);
  expect(values.filter(([name]) => name === "ll").map(([, value]) => value)).toEqual([
    [["1"], []],
    [],
    null,
    [null],
    [[null]],
    [["1", "2"], ["3"]],
  ]);
});

test("row groups without a selected row are not read, and pages before one are not kept", async () => {
  const folder = await temporaryFolder();
  const source = path.join(folder, "big.parquet");
  await sql(
    `COPY (SELECT i, repeat(md5(i::VARCHAR), 64)::BLOB AS image FROM range(20480) t(i))
     TO '${source}' (FORMAT parquet, ROW_GROUP_SIZE 2048, CODEC uncompressed)`,
  );
  const { bytesRead: none } = await copy(source, []);
  const { bytesRead: one } = await copy(source, [5000]);
  const { bytesRead: all } = await copy(
    source,
    Array.from({ length: 20480 }, (_, row) => row),
  );
  expect(none).toBeLessThan(600_000);
  expect(one - none).toBeLessThan((all - none) / 8);
});

test("text that is not UTF-8 costs its row alone", async () => {
  const source = path.join(await temporaryFolder(), "data.parquet");
  await sql(
    `COPY (SELECT * FROM (VALUES ('fine', 1, ${blob(png())}), ('bad: XX', 2, ${blob(png())})) AS t(question, answer, image))
     TO '${source}' (FORMAT parquet, CODEC uncompressed)`,
  );
  const bytes = await readFile(source);
  await writeFile(source, Buffer.from(bytes.toString("latin1").replaceAll("bad: XX", "bad: \xff\xfe"), "latin1"));
  const items = await readAll(source);
  expect(items).toMatchObject([
    { sample: { groundTruth: "1" } },
    {
      rejected: {
        code: "invalid-utf8",
        source: { row: 1 },
        reason: "expected the question as text; found 7 bytes that are not UTF-8.",
      },
    },
  ]);
});

test("numbers, booleans and decimals become answers, NaN and null none, dates a wrong type", async () => {
  const file = path.join(await temporaryFolder(), "data.parquet");
  const outcomes = [];
  for (const answer of [
    "1.50::DECIMAL(9,2)",
    "0.1::FLOAT",
    "true",
    "255::UTINYINT",
    "'nan'::DOUBLE",
    "NULL::INTEGER",
    "DATE '2020-01-01'",
  ]) {
    await sql(
      `COPY (SELECT 'q' AS question, ${answer} AS answer, ${blob(png())} AS image) TO '${file}' (FORMAT parquet)`,
    );
    const [item] = await readAll(file);
    outcomes.push(item?.type === "sample" ? item.sample.groundTruth : item?.rejected.code);
  }
  expect(outcomes).toEqual(["1.50", "0.1", "true", "255", "no-answer", "no-answer", "wrong-type"]);
});

test("a file damaged anywhere is refused by name, or read, but never crashes", async () => {
  const whole = await readFile(HF);
  const folder = await temporaryFolder();
  for (let at = 4; at < whole.length - 8; at += 97) {
    const file = path.join(folder, "damaged.parquet");
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] as number) ^ 0xff;
    await writeFile(file, bytes);
    const error = await readAll(file).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error !== undefined) {
      expect(error).toMatchObject({ code: "input", message: expect.stringContaining("damaged.parquet") });
    }
  }
  await writeFile(path.join(folder, "cut.parquet"), whole.subarray(0, 5000));
  await expect(openDataset(path.join(folder, "cut.parquet"))).rejects.toThrow("cut.parquet: malformed Parquet");
});

test("files of several shards must have the columns in use", async () => {
  const folder = await temporaryFolder();
  const shard = (name: string, columns: string) =>
    sql(`COPY (SELECT ${columns}) TO '${path.join(folder, name)}' (FORMAT parquet)`);
  await shard("train-0.parquet", `'q' AS question, 1 AS answer, ${blob(png())} AS image`);
  await shard("train-1.parquet", `'r' AS question, 2 AS answer, ${blob(png())} AS image`);
  expect(await readAll(folder)).toMatchObject([
    { sample: { groundTruth: "1" } },
    { sample: { source: { file: "train-1.parquet", row: 0 } } },
  ]);
  await shard("train-2.parquet", `'r' AS question, 2 AS solution, ${blob(png())} AS image`);
  await expect(openDataset(folder)).rejects.toThrow(
    "train-2.parquet: expected the columns of train-0.parquet; found no `answer`",
  );
});

test("a file without rows is refused in one sentence, a damaged one by name", async () => {
  const file = path.join(await temporaryFolder(), "none.parquet");
  await sql(`COPY (SELECT 'q' AS question, 1 AS answer, 'x' AS image LIMIT 0) TO '${file}' (FORMAT parquet)`);
  await expect(openDataset(file)).rejects.toThrow("none.parquet: expected rows; found none.");
});

test("a subset of repetitive text stays small though its dictionary is gone", async () => {
  const file = path.join(await temporaryFolder(), "data.parquet");
  await sql(`COPY (SELECT repeat('long text ', 100) AS question FROM range(10000)) TO '${file}' (FORMAT parquet)`);
  const small = await copy(
    file,
    Array.from({ length: 5000 }, (_, row) => row * 2),
  );
  expect((await readFile(small.file)).length).toBeLessThan(100_000);
});
