import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { WinnowError } from "../errors.ts";
import type { SourceRow } from "../records.ts";
import { rejectRow } from "./build-sample.ts";
import { openTemporaryLike, readUnpacked, uncompressedName, withCompressed } from "./compression.ts";
import { createImageCopier } from "./copy-images.ts";
import { combineFingerprints } from "./fingerprint.ts";
import type {
  Dataset,
  DatasetFiles,
  Format,
  OpenOptions,
  ReadItem,
  ReadOptions,
  RowSelection,
  WrittenSubset,
} from "./format.ts";
import { type ImageBase, imageBase } from "./image-path.ts";
import { detectLayout, type JsonLayout, type JsonRow, namingErrors } from "./json/layouts.ts";
import { ROW_NAME, readValues } from "./json/read-values.ts";
import { JsonSyntaxError, scanObject, scanRow } from "./json/scan-json.ts";
import { Rejection } from "./rejection.ts";
import type { Row } from "./row.ts";
import { openRowReader, PREVIEW_ROWS, type RowReader } from "./row-reader.ts";
import { type NamedFile, nameFiles, planSubset } from "./subset-target.ts";

/** JSON lines: one object per line. */
export const jsonLines: Format = { name: "jsonl", extensions: withCompressed([".jsonl", ".ndjson"]), open };

/** JSON: an array of objects, an object of objects by name, or JSON lines under this name. */
export const json: Format = { name: "json", extensions: withCompressed([".json"]), open };

type LaidOut = NamedFile & { readonly layout: JsonLayout };

/** Survey of a dataset's files: one pass that checks every row, counts, and hashes. */
interface Survey {
  readonly columns: readonly string[];
  readonly rows: number;
  readonly fingerprint: string;
}

async function open(found: DatasetFiles, options: OpenOptions): Promise<Dataset> {
  const laidOut: LaidOut[] = [];
  for (const file of nameFiles(found)) {
    laidOut.push({ ...file, layout: await detectLayout(() => readUnpacked(file), uncompressedName(file.name)) });
  }
  const { columns, rows, fingerprint } = await survey(laidOut);
  const file = laidOut.map(({ name }) => name).join(", ");
  const reader = await openRowReader(
    { file, columns, peek: async (names) => await peek(laidOut[0] as LaidOut, names) },
    options,
  );

  async function* read({ only, signal }: ReadOptions = {}): AsyncGenerator<ReadItem> {
    for (const source of laidOut) {
      const { file, name, layout } = source;
      for await (const row of namingErrors(name, layout.rows(readUnpacked(source)))) {
        signal?.throwIfAborted();
        if (only !== undefined && !only(name, row.index)) continue;
        yield await readRow(row, { file: name, row: row.index }, reader, imageBase(found, file));
      }
    }
  }

  async function writeSubset(selection: RowSelection, folder: string, signal?: AbortSignal): Promise<WrittenSubset> {
    const copier = createImageCopier(folder);
    const written: string[] = [];
    let bytes = 0;
    let kept = 0;
    for (const { target, rows: selected, ...source } of await planSubset(laidOut, selection, folder)) {
      const { file, name } = source;
      const { layout } = laidOut.find((one) => one.name === name) as LaidOut;
      for await (const row of layout.rows(readUnpacked(source))) {
        signal?.throwIfAborted();
        if (!selected.has(row.index)) continue;
        kept += 1;
        if (isUtf8(row.bytes)) {
          const values = readValues(row, scanRow(row.bytes), reader.columns);
          await copier.copy(reader.images(values), imageBase(found, file));
        }
      }
      const sink = await openTemporaryLike(file, target);
      try {
        await layout.write(readUnpacked(source), (index) => selected.has(index), sink);
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
    dialect: reader.dialect,
    fields: reader.fields,
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
  for (const source of files) {
    const { name, layout } = source;
    const hash = createHash("sha256");
    let size = 0;
    const before = rows;
    const hashed = tap(readUnpacked(source), (chunk) => {
      hash.update(chunk);
      size += chunk.length;
    });
    for await (const row of namingErrors(name, layout.rows(hashed))) {
      rows += 1;
      for (const key of listKeys(row, name, layout.name === "array")) columns.add(key);
      if (row.key !== undefined) columns.add(ROW_NAME);
    }
    if (rows === before) throw new WinnowError("input", `${name}: expected rows; found none.`);
    hashes.push({ name, size, hash: hash.digest("hex") });
  }
  return { columns: [...columns], rows, fingerprint: combineFingerprints(hashes) };
}

/** These columns of the first rows of a file; rows that cannot be read are left out. */
async function peek(source: LaidOut, columns: readonly string[]): Promise<readonly Row[]> {
  const { name, layout } = source;
  const rows: Row[] = [];
  for await (const row of namingErrors(name, layout.rows(readUnpacked(source)))) {
    if (isUtf8(row.bytes)) rows.push(readValues(row, scanRow(row.bytes), columns));
    if (row.index + 1 >= PREVIEW_ROWS) break;
  }
  return rows;
}

/** The names in a row; none when it is not UTF-8, which costs only the row. */
function listKeys({ bytes, where }: JsonRow, name: string, inArray: boolean): readonly string[] {
  if (!isUtf8(bytes)) return [];
  try {
    return (inArray ? scanRow(bytes) : scanObject(bytes)).map(({ key }) => key);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new WinnowError("input", `${name}, ${where}: expected one JSON object; ${error.message}.`, { cause: error });
  }
}

async function readRow(row: JsonRow, source: SourceRow, reader: RowReader, base: ImageBase): Promise<ReadItem> {
  const { bytes, where, key } = row;
  if (!isUtf8(bytes)) {
    return rejectRow(
      source,
      new Rejection("invalid-utf8", `expected UTF-8 text; ${where} holds bytes that are not`),
      key,
    );
  }
  const values = readValues(row, scanRow(bytes), reader.columns);
  return await reader.read(values, { source, base, ...(key !== undefined && { name: key }) });
}

async function* tap(chunks: AsyncIterable<Buffer>, visit: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    visit(chunk);
    yield chunk;
  }
}
