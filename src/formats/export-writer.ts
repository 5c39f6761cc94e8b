import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { openTemporaryFile } from "../lib/open-temporary-file.ts";
import type { Sample, SampleImage } from "../records.ts";
import type { ColumnTypes } from "./column-type.ts";
import type { DialectExport, ExportPlace } from "./dialects/dialect.ts";
import { openParquetRows } from "./parquet/write-rows.ts";
import { refuseExport } from "./refuse-export.ts";
import type { Rejection } from "./rejection.ts";

/** What an export writes, and where it will be found. */
export interface ExportTarget {
  readonly rules: DialectExport;
  /** Folder to write into; it must be there. */
  readonly folder: string;
  /** Absolute path that the folder will have in the end. */
  readonly finalFolder: string;
  readonly split: string;
  /** Name of the dataset that the samples come from. */
  readonly source: string;
  /** Columns behind the dialect's own. */
  readonly extra: ColumnTypes;
  /** Who wrote it, for the file's metadata. */
  readonly createdBy: string;
}

/** Writes samples as rows of a dialect, one by one; memory does not grow with them. */
export interface ExportWriter {
  /** Name of the file that holds the rows. */
  readonly file: string;
  /** Rows so far. */
  readonly rows: number;
  /** Image files written beside the rows' file so far; rows that show the same image share one. */
  readonly images: number;
  /**
   * Writes a row. `prompt` is the question as the model was asked it, `extra` the values of the
   * extra columns. A sample that the dialect has no way to express is not written: why comes back.
   */
  add(sample: Sample, prompt: string, extra: Readonly<Record<string, unknown>>): Promise<Rejection | undefined>;
  /** Ends the file and adds what the trainer needs beside it; gives the files but for images, and all bytes. */
  finish(): Promise<{ readonly files: readonly string[]; readonly bytes: number }>;
  /** Closes what is open; does nothing after `finish`. */
  discard(): Promise<void>;
}

/** Opens an export: `train.parquet`, or `train.jsonl` or `train.json` with a folder `images`. */
export async function openExportWriter(target: ExportTarget): Promise<ExportWriter> {
  const { rules, folder, finalFolder, split, source } = target;
  const file = `${split}.${rules.container}`;
  const sink = await openTemporaryFile(path.join(folder, file));
  const lines = await openRows(target, sink);
  if (rules.container !== "parquet") await mkdir(path.join(folder, "images"));
  let rows = 0;
  let images = 0;
  let imageBytes = 0;

  async function save(image: SampleImage, name: string): Promise<void> {
    const place = path.join(folder, name);
    if (existsSync(place)) return;
    await writeFile(place, image.bytes);
    images += 1;
    imageBytes += image.bytes.length;
  }

  return {
    file,
    get rows() {
      return rows;
    },
    get images() {
      return images;
    },
    async add(sample, prompt, extra) {
      const refusal = refuseExport(sample, rules);
      if (refusal !== undefined) return refusal;
      const inFolder = rules.container === "parquet" ? "" : "images/";
      const paths = sample.images.map((image) => `${inFolder}${nameImage(image)}`);
      if (inFolder !== "") {
        for (const [at, image] of sample.images.entries()) await save(image, paths[at] as string);
      }
      const place: ExportPlace = { index: rows, split, source, folder: finalFolder, prompt, paths };
      await lines.add({ ...rules.row(sample, place), ...extra });
      rows += 1;
      return undefined;
    },
    async finish() {
      await lines.finish();
      await sink.commit();
      const files = [file];
      let bytes = sink.size + imageBytes;
      for (const [name, content] of Object.entries(rules.companions?.(file) ?? {})) {
        const text = `${JSON.stringify(content, null, 2)}\n`;
        await writeFile(path.join(folder, name), text);
        files.push(name);
        bytes += Buffer.byteLength(text);
      }
      return { files, bytes };
    },
    discard: () => sink.discard(),
  };
}

/** A file's name from its bytes, so that neither a dataset's own names nor their number matter. */
function nameImage({ bytes, mediaType }: SampleImage): string {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
  return `${hash}.${mediaType.replace("image/", "")}`;
}

interface Rows {
  add(row: Readonly<Record<string, unknown>>): Promise<void>;
  finish(): Promise<void>;
}

async function openRows(
  { rules, extra, createdBy }: ExportTarget,
  sink: Parameters<typeof openParquetRows>[1],
): Promise<Rows> {
  if (rules.container === "parquet") return await openParquetRows({ ...rules.columns, ...extra }, sink, createdBy);
  const [first, between, last] = rules.container === "json" ? ["[\n", ",\n", "\n]\n"] : ["", "\n", "\n"];
  let next = first;
  return {
    async add(row) {
      await sink.write(Buffer.from(`${next}${JSON.stringify(row)}`));
      next = between;
    },
    async finish() {
      await sink.write(Buffer.from(next === first ? first.trim() + last.trim() : last));
    },
  };
}
