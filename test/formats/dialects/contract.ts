import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { FieldNames, ReadItem } from "../../../src/formats/format.ts";
import { openDataset } from "../../../src/formats/index.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { blob, sql } from "../database.ts";
import { png } from "../pictures.ts";
import { withoutImagePaths } from "../without-image-paths.ts";

/** The pictures of every fixture: `images/0.png` … `images/3.png`. */
export const PICTURES: readonly Buffer[] = [0, 1, 2, 3].map((shade) => png({ shade: shade * 60, width: 3 + shade }));

/** What a row should read as: a sample, or the code of a rejection. */
export type Expected =
  | {
      readonly question: string;
      readonly groundTruth: string;
      /** Numbers of the pictures. */
      readonly images: readonly number[];
      readonly rowId?: string;
      readonly choices?: readonly string[];
    }
  | string;

/** A dialect's rows as its documentation lays them out, and what they mean. */
export interface DialectFixture {
  readonly dialect: string;
  /** What sets this fixture apart from others of the dialect. */
  readonly kind: string;
  /** `train.parquet`, `data.jsonl`, `data.json`, `data.tsv`. */
  readonly file: string;
  /** Where the file holds `{"data": rows}` or the like instead of the rows: the whole text. */
  readonly wrap?: (rows: string) => string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly expected: readonly Expected[];
  /** What has to be said, where the dialect's own documentation makes a choice of it. */
  readonly named?: { readonly dialect?: string; readonly fields?: FieldNames };
}

/** A value as a DuckDB literal, objects as structs. */
function literal(value: unknown): string {
  if (value === null) return "NULL";
  if (value instanceof Uint8Array) return blob(value);
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object") return String(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${literal(key)}: ${literal(item)}`)
    .join(", ")}}`;
}

/** A cell as pandas writes it: nothing for null, a list as Python prints it, quotes where they are needed. */
function tsvCell(value: unknown): string {
  if (value === null) return "";
  const text = Array.isArray(value) ? `[${value.map((item) => `'${item}'`).join(", ")}]` : String(value);
  return /["\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function writeFixture({ file, rows, wrap }: DialectFixture): Promise<string> {
  const folder = path.join(await temporaryFolder(), "data");
  await mkdir(path.join(folder, "images"), { recursive: true });
  for (const [index, bytes] of PICTURES.entries()) await writeFile(path.join(folder, "images", `${index}.png`), bytes);
  const target = path.join(folder, file);
  if (file.endsWith(".parquet")) {
    const columns = Object.keys(rows[0] as object);
    const tuples = rows.map((row) => `(${columns.map((column) => literal(row[column] ?? null)).join(", ")})`);
    const names = columns.map((column) => `"${column}"`).join(", ");
    await sql(
      `COPY (SELECT * FROM (VALUES ${tuples.join(", ")}) AS t(${names})) TO '${target}'
       (FORMAT parquet, KV_METADATA {huggingface: '{"info": {}}', "made by": 'a fixture'})`,
    );
  } else if (file.endsWith(".tsv")) {
    const columns = Object.keys(rows[0] as object);
    const lines = rows.map((row) => columns.map((column) => tsvCell(row[column] ?? null)).join("\t"));
    await writeFile(target, `${[columns.join("\t"), ...lines].join("\n")}\n`);
  } else {
    const lines = rows.map((row) => JSON.stringify(row));
    const text = file.endsWith(".jsonl") ? `${lines.join("\n")}\n` : `[\n  ${lines.join(",\n  ")}\n]\n`;
    await writeFile(target, wrap === undefined ? text : wrap(text));
  }
  return target;
}

/** Every value of every row, and the metadata keys, read by code that is not ours. */
async function valuesOf(file: string): Promise<readonly unknown[]> {
  if (file.endsWith(".parquet")) return await sql(`SELECT * FROM read_parquet('${file}')`);
  if (file.endsWith(".tsv")) {
    return await sql(`SELECT * FROM read_csv('${file}', delim='\t', quote='"', header=true, all_varchar=true)`);
  }
  const text = await readFile(file, "utf8");
  if (file.endsWith(".jsonl")) {
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as unknown);
  }
  const whole = JSON.parse(text) as unknown[] | Record<string, unknown[]>;
  return Array.isArray(whole) ? whole : Object.values(whole).flat();
}

async function metadataOf(file: string): Promise<unknown> {
  if (file.endsWith(".parquet")) return await sql(`SELECT key, value FROM parquet_kv_metadata('${file}')`);
  return undefined;
}

async function readAll(where: string, named: DialectFixture["named"] = {}): Promise<ReadItem[]> {
  await using dataset = await openDataset(where, named);
  const items: ReadItem[] = [];
  for await (const item of dataset.read()) items.push(item);
  return items;
}

/** What an item says, in the terms of a fixture. */
function summarise(item: ReadItem): Expected {
  if (item.type === "rejected") return item.rejected.code;
  const { question, groundTruth, images, rowId, choices } = item.sample;
  return {
    question,
    groundTruth,
    images: images.map(({ bytes }) => PICTURES.findIndex((picture) => picture.equals(bytes))),
    ...(rowId === undefined ? {} : { rowId }),
    ...(choices === undefined ? {} : { choices }),
  };
}

function idsOf(items: readonly ReadItem[]): readonly unknown[] {
  return items.map((item) => (item.type === "sample" ? item.sample.id : item.rejected.code));
}

/** What every dialect promises. */
export function describeDialect(fixture: DialectFixture): void {
  const { dialect, kind, file, named, expected, rows } = fixture;

  describe(`${dialect}, ${kind}`, () => {
    test("is recognised, and reads as documented", async () => {
      const where = await writeFixture(fixture);
      await using dataset = await openDataset(where, named);
      expect(dataset.dialect).toBe(dialect);
      expect((await readAll(where, named)).map(summarise)).toEqual(expected);
      expect((await readAll(where, { ...named, dialect })).map(summarise)).toEqual(expected);
    });

    test("comes back value by value and image by image when all is selected", async () => {
      const where = await writeFixture(fixture);
      await using dataset = await openDataset(where, named);
      const target = path.join(path.dirname(where), "..", "subset");
      const written = await dataset.writeSubset(new Map([[file, new Set(rows.keys())]]), target);
      expect(written.rows).toBe(rows.length);
      const copy = path.join(target, file);
      expect(await valuesOf(copy)).toEqual(await valuesOf(where));
      expect(await metadataOf(copy)).toEqual(await metadataOf(where));
      const [before, after] = [await readAll(where, named), await readAll(copy, named)];
      expect(after.map(withoutImagePaths)).toEqual(before.map(withoutImagePaths));
      expect(after.map(summarise)).toEqual(expected);
    });

    test("gives the selected rows alone, in order", async () => {
      const where = await writeFixture(fixture);
      await using dataset = await openDataset(where, named);
      const target = path.join(path.dirname(where), "..", "subset");
      const keep = [...rows.keys()].filter((row) => row % 2 === 0);
      await dataset.writeSubset(new Map([[file, new Set(keep)]]), target);
      const values = await valuesOf(where);
      expect(await valuesOf(path.join(target, file))).toEqual(keep.map((row) => values[row]));
      const before = idsOf(await readAll(where, named));
      // Few rows may fit more dialects than all of them do, so the dialect goes with the subset.
      const again = await readAll(path.join(target, file), { ...named, dialect });
      expect(idsOf(again)).toEqual(keep.map((row) => before[row]));
    });
  });
}
