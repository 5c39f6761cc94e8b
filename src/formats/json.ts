import { isUtf8 } from "node:buffer";
import { WinnowError } from "../errors.ts";
import { readUnpacked, uncompressedName, withCompressed } from "./compression.ts";
import type { Dataset, DatasetFiles, Format, OpenOptions } from "./format.ts";
import { detectLayout, type JsonLayout, type JsonRow, namingErrors } from "./json/layouts.ts";
import { ROW_NAME, readValues } from "./json/read-values.ts";
import { JsonSyntaxError, scanObject, scanRow } from "./json/scan-json.ts";
import { Rejection } from "./rejection.ts";
import type { Row } from "./row.ts";
import { openRowReader } from "./row-reader.ts";
import { openStreamed, peekRows, type StreamedFile, surveyFiles } from "./streamed-dataset.ts";
import { type NamedFile, nameFiles } from "./subset-target.ts";

/** JSON lines: one object per line. */
export const jsonLines: Format = { name: "jsonl", extensions: withCompressed([".jsonl", ".ndjson"]), open };

/** JSON: an array of objects, an object of objects by name, or JSON lines under this name. */
export const json: Format = { name: "json", extensions: withCompressed([".json"]), open };

type JsonFile = StreamedFile<JsonRow> & { readonly layout: JsonLayout };

async function open(found: DatasetFiles, options: OpenOptions): Promise<Dataset> {
  const files: JsonFile[] = [];
  for (const file of nameFiles(found)) files.push(await layOut(file));
  const columns = new Set<string>();
  const survey = await surveyFiles(files, (row, { name, layout }) => {
    for (const key of listKeys(row, name, layout.name === "array")) columns.add(key);
    if (row.key !== undefined) columns.add(ROW_NAME);
  });
  const first = files[0] as JsonFile;
  const reader = await openRowReader(
    {
      file: files.map(({ name }) => name).join(", "),
      columns: [...columns],
      peek: async (names) => await peekRows(first, names),
    },
    options,
  );
  const format = files.every(({ layout }) => layout.name === "lines") ? "jsonl" : "json";
  return openStreamed(found, files, { format, reader, survey });
}

async function layOut(file: NamedFile): Promise<JsonFile> {
  const layout = await detectLayout(() => readUnpacked(file), uncompressedName(file.name));
  return {
    ...file,
    layout,
    rows: (chunks) => namingErrors(file.name, layout.rows(chunks)),
    values: readRow,
    write: async (chunks, selected, sink) => await layout.write(chunks, (index) => selected.has(index), sink),
  };
}

function readRow(row: JsonRow, columns: readonly string[]): Row {
  if (!isUtf8(row.bytes)) {
    throw new Rejection("invalid-utf8", `expected UTF-8 text; ${row.where} holds bytes that are not`);
  }
  return readValues(row, scanRow(row.bytes), columns);
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
