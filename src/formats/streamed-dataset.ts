import { createHash } from "node:crypto";
import { WinnowError } from "../errors.ts";
import type { TemporaryFile } from "../lib/open-temporary-file.ts";
import { rejectRow } from "./build-sample.ts";
import { openTemporaryLike, readUnpacked } from "./compression.ts";
import { createImageCopier } from "./copy-images.ts";
import { combineFingerprints } from "./fingerprint.ts";
import type { Dataset, DatasetFiles, ReadItem, ReadOptions, RowSelection, WrittenSubset } from "./format.ts";
import { imageBase } from "./image-path.ts";
import { Rejection } from "./rejection.ts";
import type { Row } from "./row.ts";
import { PREVIEW_ROWS, type RowReader } from "./row-reader.ts";
import { type NamedFile, planSubset } from "./subset-target.ts";

/** A row of a file that is read from its front to its end, one row held at a time. */
export interface StreamedRow {
  /** From 0 within its file. */
  readonly index: number;
  /** What the file calls it: its id when no column holds one. */
  readonly key?: string;
}

/** A file of such rows, compressed or not: it is handed its unpacked bytes. */
export interface StreamedFile<R extends StreamedRow> extends NamedFile {
  /** Its rows in order. Throws `WinnowError("input")` naming file and place where it is malformed. */
  rows(chunks: AsyncIterable<Buffer>): AsyncGenerator<R>;
  /** These columns of a row, those that it has. Throws a `Rejection` when the row cannot be read. */
  values(row: R, columns: readonly string[]): Row | Promise<Row>;
  /** Writes the selected rows with the bytes they have in the file, and what stands around all rows. */
  write(chunks: AsyncIterable<Buffer>, selected: ReadonlySet<number>, sink: TemporaryFile): Promise<void>;
}

/** What one pass over the whole of a dataset's files found. */
export interface Survey {
  readonly rows: number;
  readonly fingerprint: string;
}

/**
 * Reads every file once, which checks, counts and hashes it; `visit` sees every row. Throws
 * `WinnowError("input")` naming a file that is malformed or has no rows.
 */
export async function surveyFiles<R extends StreamedRow, More>(
  files: readonly (StreamedFile<R> & More)[],
  visit: (row: R, file: StreamedFile<R> & More) => void,
): Promise<Survey> {
  const hashes = [];
  let rows = 0;
  for (const file of files) {
    const hash = createHash("sha256");
    let size = 0;
    const before = rows;
    const hashed = tap(readUnpacked(file), (chunk) => {
      hash.update(chunk);
      size += chunk.length;
    });
    for await (const row of file.rows(hashed)) {
      rows += 1;
      visit(row, file);
    }
    if (rows === before) throw new WinnowError("input", `${file.name}: expected rows; found none.`);
    hashes.push({ name: file.name, size, hash: hash.digest("hex") });
  }
  return { rows, fingerprint: combineFingerprints(hashes) };
}

/** These columns of the first rows of a file; rows that cannot be read are left out. */
export async function peekRows<R extends StreamedRow>(
  file: StreamedFile<R>,
  columns: readonly string[],
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for await (const row of file.rows(readUnpacked(file))) {
    const values = await readable(() => file.values(row, columns));
    if (values !== undefined) rows.push(values);
    if (row.index + 1 >= PREVIEW_ROWS) break;
  }
  return rows;
}

/** A dataset of such files, read by `reader`. */
export function openStreamed<R extends StreamedRow>(
  found: DatasetFiles,
  files: readonly StreamedFile<R>[],
  { format, reader, survey }: { readonly format: string; readonly reader: RowReader; readonly survey: Survey },
): Dataset {
  async function readRow(row: R, file: StreamedFile<R>): Promise<ReadItem> {
    const source = { file: file.name, row: row.index };
    try {
      const values = await file.values(row, reader.columns);
      const base = imageBase(found, file.file);
      return await reader.read(values, { source, base, ...(row.key !== undefined && { name: row.key }) });
    } catch (error) {
      if (error instanceof Rejection) return rejectRow(source, error, row.key);
      throw error;
    }
  }

  async function* read({ only, signal }: ReadOptions = {}): AsyncGenerator<ReadItem> {
    for (const file of files) {
      for await (const row of file.rows(readUnpacked(file))) {
        signal?.throwIfAborted();
        if (only === undefined || only(file.name, row.index)) yield await readRow(row, file);
      }
    }
  }

  async function writeSubset(selection: RowSelection, folder: string, signal?: AbortSignal): Promise<WrittenSubset> {
    const copier = createImageCopier(folder);
    const written: string[] = [];
    let bytes = 0;
    let kept = 0;
    for (const { name, target, rows: selected } of await planSubset(files, selection, folder)) {
      const file = files.find((one) => one.name === name) as StreamedFile<R>;
      for await (const row of file.rows(readUnpacked(file))) {
        signal?.throwIfAborted();
        if (!selected.has(row.index)) continue;
        kept += 1;
        const values = await readable(() => file.values(row, reader.columns));
        if (values !== undefined) await copier.copy(reader.images(values), imageBase(found, file.file));
      }
      const sink = await openTemporaryLike(file.file, target);
      try {
        await file.write(readUnpacked(file), selected, sink);
        signal?.throwIfAborted();
        await sink.commit();
      } finally {
        await sink.discard();
      }
      written.push(name);
      bytes += sink.size;
    }
    return { files: [...written, ...copier.files], rows: kept, bytes: bytes + copier.bytes };
  }

  return {
    format,
    dialect: reader.dialect,
    fields: reader.fields,
    rows: survey.rows,
    fingerprint: survey.fingerprint,
    read,
    writeSubset,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function readable(read: () => Row | Promise<Row>): Promise<Row | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Rejection) return undefined;
    throw error;
  }
}

async function* tap(chunks: AsyncIterable<Buffer>, visit: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    visit(chunk);
    yield chunk;
  }
}
