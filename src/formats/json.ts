import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import path from "node:path";
import { WinnowError } from "../errors.ts";
import { openTemporaryFile } from "../lib/open-temporary-file.ts";
import { readChunks } from "../lib/read-chunks.ts";
import { buildSample, rejectRow } from "./build-sample.ts";
import { createImageCopier } from "./copy-images.ts";
import { detectFields } from "./detect-fields.ts";
import { combineFingerprints } from "./fingerprint.ts";
import type {
  Dataset,
  DatasetFiles,
  FieldNames,
  Format,
  ReadItem,
  ReadOptions,
  RowSelection,
  WrittenSubset,
} from "./format.ts";
import { detectLayout, type JsonLayout, type JsonRow, namingErrors } from "./json/layouts.ts";
import { readValues } from "./json/read-values.ts";
import { JsonSyntaxError, scanObject } from "./json/scan-json.ts";
import { Rejection } from "./rejection.ts";
import { type NamedFile, nameFiles, planSubset } from "./subset-target.ts";

/** JSON lines: one object per line. */
export const jsonLines: Format = { name: "jsonl", extensions: [".jsonl", ".ndjson"], open };

/** JSON: an array of objects, an object of objects by name, or JSON lines under this name. */
export const json: Format = { name: "json", extensions: [".json"], open };

type LaidOut = NamedFile & { readonly layout: JsonLayout };

/** Survey of a dataset's files: one pass that checks every row, counts, and hashes. */
interface Survey {
  readonly columns: readonly string[];
  readonly rows: number;
  readonly fingerprint: string;
}

async function open({ root, files }: DatasetFiles, named: FieldNames): Promise<Dataset> {
  const laidOut: LaidOut[] = [];
  for (const file of nameFiles({ root, files })) {
    laidOut.push({ ...file, layout: await detectLayout(file.file, file.name) });
  }
  const { columns, rows, fingerprint } = await survey(laidOut);
  const fields = detectFields(laidOut.map(({ name }) => name).join(", "), columns, named);
  const baseOf = (file: string) => ({ root, folder: path.dirname(file) });

  async function* read({ only, signal }: ReadOptions = {}): AsyncGenerator<ReadItem> {
    for (const { file, name, layout } of laidOut) {
      for await (const row of namingErrors(name, layout.rows(readChunks(file)))) {
        signal?.throwIfAborted();
        if (only !== undefined && !only(name, row.index)) continue;
        yield await readRow(row, { file: name, row: row.index }, fields, baseOf(file));
      }
    }
  }

  async function writeSubset(selection: RowSelection, folder: string, signal?: AbortSignal): Promise<WrittenSubset> {
    const copier = createImageCopier(folder);
    const written: string[] = [];
    let bytes = 0;
    let kept = 0;
    for (const { name, target, rows: selected, file } of await planSubset(laidOut, selection, folder)) {
      const { layout } = laidOut.find((one) => one.name === name) as LaidOut;
      for await (const row of layout.rows(readChunks(file))) {
        signal?.throwIfAborted();
        if (!selected.has(row.index)) continue;
        kept += 1;
        if (isUtf8(row.bytes))
          await copier.copy(readValues(row.bytes, scanObject(row.bytes), fields).images, baseOf(file));
      }
      const sink = await openTemporaryFile(target);
      try {
        await layout.write(readChunks(file), (index) => selected.has(index), sink);
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
    format: laidOut.every(({ layout }) => layout.name === "lines") ? "jsonl" : "json",
    fields,
    rows,
    fingerprint,
    read,
    writeSubset,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function survey(files: readonly LaidOut[]): Promise<Survey> {
  const columns = new Set<string>();
  const hashes = [];
  let rows = 0;
  for (const { file, name, layout } of files) {
    const hash = createHash("sha256");
    let size = 0;
    const before = rows;
    const hashed = tap(readChunks(file), (chunk) => {
      hash.update(chunk);
      size += chunk.length;
    });
    for await (const row of namingErrors(name, layout.rows(hashed))) {
      rows += 1;
      for (const key of listKeys(row, name)) columns.add(key);
    }
    if (rows === before) throw new WinnowError("input", `${name}: expected rows; found none.`);
    hashes.push({ name, size, hash: hash.digest("hex") });
  }
  return { columns: [...columns], rows, fingerprint: combineFingerprints(hashes) };
}

/** The names in a row; none when it is not UTF-8, which costs only the row. */
function listKeys({ bytes, where }: JsonRow, name: string): readonly string[] {
  if (!isUtf8(bytes)) return [];
  try {
    return scanObject(bytes).map(({ key }) => key);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new WinnowError("input", `${name}, ${where}: expected one JSON object; ${error.message}.`, { cause: error });
  }
}

async function readRow(
  { bytes, where, key }: JsonRow,
  source: { readonly file: string; readonly row: number },
  fields: Dataset["fields"],
  base: { readonly root: string; readonly folder: string },
): Promise<ReadItem> {
  if (!isUtf8(bytes)) {
    return rejectRow(
      source,
      new Rejection("invalid-utf8", `expected UTF-8 text; ${where} holds bytes that are not`),
      key,
    );
  }
  const values = readValues(bytes, scanObject(bytes), fields);
  return await buildSample({ ...values, id: values.id ?? key }, source, base);
}

async function* tap(chunks: AsyncIterable<Buffer>, visit: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    visit(chunk);
    yield chunk;
  }
}
