import { open, writeFile } from "node:fs/promises";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Dataset } from "../../src/formats/format.ts";
import { openDataset } from "../../src/formats/index.ts";
import { sql } from "../formats/database.ts";
import { png } from "../formats/pictures.ts";
import { END, member } from "../formats/tar/archive.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const ROWS = 20_000;

/** A whole picture of about 20 kB: a small one with padding after its end. */
const picture = Buffer.concat([png(), Buffer.alloc(20_000, 0x5a)]);

/** Most bytes held outside of V8's heap (image bytes, file windows) and in it while every row is read. */
async function peakWhileReading(dataset: Dataset): Promise<{ rows: number; peak: number }> {
  let rows = 0;
  let peak = 0;
  for await (const item of dataset.read()) {
    rows += item.type === "sample" ? 1 : 0;
    if (rows % 500 === 0) {
      globalThis.gc?.();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      peak = Math.max(peak, heapUsed + arrayBuffers);
    }
  }
  return { rows, peak };
}

test("reading 20,000 rows of 20 kB as JSON lines, 530 MB, stays within 250 MB", async () => {
  const file = path.join(await temporaryFolder(), "data.jsonl");
  const handle = await open(file, "w");
  const image = picture.toString("base64");
  for (let row = 0; row < ROWS; row++)
    await handle.write(`{"id": ${row}, "question": "q", "answer": "1", "image": "${image}"}\n`);
  await handle.close();
  await using dataset = await openDataset(file);
  const { rows, peak } = await peakWhileReading(dataset);
  expect(rows).toBe(ROWS);
  expect(peak).toBeLessThan(250e6);
});

test("reading 20,000 rows of 20 kB as TSV, every second by reference, 270 MB, stays within 250 MB", async () => {
  const file = path.join(await temporaryFolder(), "data.tsv");
  const handle = await open(file, "w");
  const image = picture.toString("base64");
  await handle.write("index\timage\tquestion\tanswer\n");
  for (let row = 0; row < ROWS; row++) await handle.write(`${row}\t${row % 2 ? row - 1 : image}\tq\t1\n`);
  await handle.close();
  await using dataset = await openDataset(file);
  const { rows, peak } = await peakWhileReading(dataset);
  expect(rows).toBe(ROWS);
  expect(peak).toBeLessThan(250e6);
});

test("reading 20,000 samples of 20 kB as WebDataset, 430 MB, stays within 250 MB", async () => {
  const file = path.join(await temporaryFolder(), "train-000000.tar");
  const handle = await open(file, "w");
  for (let row = 0; row < ROWS; row++) {
    await handle.write(member({ name: `${row}.png`, content: picture }));
    await handle.write(member({ name: `${row}.json`, content: '{"question": "q", "answer": "1"}' }));
  }
  await handle.write(END);
  await handle.close();
  await using dataset = await openDataset(file);
  const { rows, peak } = await peakWhileReading(dataset);
  expect(rows).toBe(ROWS);
  expect(peak).toBeLessThan(250e6);
});

test("a compressed TSV whose rows refer to more than 256 MiB of images is refused, since it would have to hold them", async () => {
  const file = path.join(await temporaryFolder(), "data.tsv.gz");
  const image = "A".repeat(150e6);
  const line = (row: number) => `${row}\t${image}\tq\t1\n`;
  const header = gzipSync("index\timage\tquestion\tanswer\n");
  await writeFile(
    file,
    Buffer.concat([header, gzipSync(line(1)), gzipSync(line(2)), gzipSync("3\t1\tq\t1\n4\t2\tq\t1\n")]),
  );
  await expect(openDataset(file)).rejects.toThrow(
    "data.tsv.gz: expected images that other rows refer to of at most 256 MiB, since a compressed file's have to be held; found 287 MiB. Unpack the file first.",
  );
});

test("reading 20,000 rows of 20 kB as Parquet, 400 MB, stays within 350 MB", async () => {
  const file = path.join(await temporaryFolder(), "data.parquet");
  const hex = picture.toString("hex");
  await sql(
    `COPY (SELECT i AS id, 'q' AS question, '1' AS answer, from_hex('${hex}') || encode(i::VARCHAR) AS image FROM range(${ROWS}) t(i))
     TO '${file}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
  await using dataset = await openDataset(file);
  const { rows, peak } = await peakWhileReading(dataset);
  expect(rows).toBe(ROWS);
  expect(peak).toBeLessThan(350e6);
});

test("a line of 100 MB is read and written", async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, "data.jsonl");
  const padded = Buffer.concat([png(), Buffer.alloc(75_000_000, 1)]).toString("base64");
  const handle = await open(file, "w");
  await handle.write(
    `{"question": "q", "answer": "1", "image": "${padded}"}\n{"question": "q", "answer": "2", "image": null}\n`,
  );
  await handle.close();
  await using dataset = await openDataset(file);
  expect((await peakWhileReading(dataset)).rows).toBe(1);
  const written = await dataset.writeSubset(new Map([["data.jsonl", new Set([0])]]), path.join(folder, "out"));
  expect([written.rows, written.bytes > 100e6]).toEqual([1, true]);
});
