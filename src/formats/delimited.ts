import { isUtf8 } from "node:buffer";
import { WinnowError } from "../errors.ts";
import type { TemporaryFile } from "../lib/open-temporary-file.ts";
import { isCompressed, withCompressed } from "./compression.ts";
import { type ImageReferences, ReferenceGatherer, type ReferencePass } from "./delimited/image-references.ts";
import { readCell, readListCell } from "./delimited/read-cell.ts";
import { readHeader } from "./delimited/read-header.ts";
import { readRecords } from "./delimited/read-records.ts";
import type { Cell, DelimitedRecord } from "./delimited/split-records.ts";
import type { Dataset, DatasetFiles, Format, OpenOptions } from "./format.ts";
import { Rejection } from "./rejection.ts";
import type { Row } from "./row.ts";
import { openRowReader, requireColumns } from "./row-reader.ts";
import { openStreamed, peekRows, type StreamedFile, type StreamedRow, surveyFiles } from "./streamed-dataset.ts";
import { type NamedFile, nameFiles } from "./subset-target.ts";

/** Comma-separated values as RFC 4180 and pandas write them, with a header. */
export const csv: Format = { name: "csv", extensions: withCompressed([".csv"]), open: opener("csv", ",") };

/** The same with tabs, as VLMEvalKit's benchmarks come. */
export const tsv: Format = { name: "tsv", extensions: withCompressed([".tsv"]), open: opener("tsv", "\t") };

interface RecordRow extends StreamedRow {
  readonly record: DelimitedRecord;
  /** Looks up the image of another row that this one refers to. */
  readonly references?: ReferencePass;
}

interface DelimitedFile extends NamedFile {
  readonly columns: readonly string[];
  /** Code of the character between cells. */
  readonly delimiter: number;
  readonly references?: ImageReferences | undefined;
}

function opener(format: string, usual: string): Format["open"] {
  return async (found: DatasetFiles, options: OpenOptions): Promise<Dataset> => {
    const plain: DelimitedFile[] = [];
    for (const file of nameFiles(found)) plain.push({ ...file, ...(await readHeader(file, usual)) });
    const first = plain[0] as DelimitedFile;
    const names = { file: first.name, columns: first.columns };
    const reader = await openRowReader(
      { ...names, peek: async (columns) => await peekRows(streamed(first, []), columns) },
      options,
    );
    requireColumns(reader, plain);
    const lists = [...reader.imageColumns, reader.fields.choices].filter((name) => name !== reader.fields.question);
    const gatherers = new Map(plain.map(({ name }) => [name, new ReferenceGatherer()]));
    const survey = await surveyFiles(
      plain.map((file) => ({ ...streamed(file, lists), columns: file.columns })),
      ({ record, index }, { name, columns }) => {
        if (!reader.imagesByReference) return;
        const cellOf = (column: string | undefined) => record.cells[columns.indexOf(column ?? "")];
        const [id, image] = [cellOf(reader.fields.id), cellOf(reader.fields.images)];
        if (id !== undefined && image !== undefined) gatherers.get(name)?.add(record, index, { id, image });
      },
    );
    const files = [];
    for (const file of plain) {
      const references = gatherers.get(file.name)?.finish(file, await isCompressed(file.file));
      files.push(streamed({ ...file, references }, lists, reader.fields.images));
    }
    return openStreamed(found, files, { format, reader, survey });
  };
}

/** A file as its rows; cells of the columns `lists` may hold lists, and the column `images` references. */
function streamed(
  file: DelimitedFile,
  lists: readonly (string | undefined)[],
  images?: string,
): StreamedFile<RecordRow> {
  const { columns, references } = file;

  async function* rows(chunks: AsyncIterable<Buffer>): AsyncGenerator<RecordRow> {
    const pass = await references?.openPass();
    try {
      let index = 0;
      for await (const record of dataRecords(file, chunks)) {
        yield { record, index: index++, ...(pass && { references: pass }) };
      }
    } finally {
      await pass?.[Symbol.asyncDispose]();
    }
  }

  async function values({ record, index, references }: RecordRow, wanted: readonly string[]): Promise<Row> {
    const { bytes, cells, line } = record;
    if (!isUtf8(bytes)) {
      throw new Rejection("invalid-utf8", `expected UTF-8 text; the row in line ${line} holds bytes that are not`);
    }
    const row = new Map<string, unknown>();
    for (const column of wanted) {
      const at = columns.indexOf(column);
      if (at === -1) continue;
      const foreign = column === images ? await references?.cell(index) : undefined;
      const read = lists.includes(column) ? readListCell : readCell;
      const cell = cells[at];
      if (foreign !== undefined) row.set(column, read(foreign, { start: 0, end: foreign.length }));
      else row.set(column, cell === undefined ? null : read(bytes, cell));
    }
    return row;
  }

  async function write(
    chunks: AsyncIterable<Buffer>,
    selected: ReadonlySet<number>,
    sink: TemporaryFile,
  ): Promise<void> {
    const pass = await references?.openPass();
    try {
      let index = -1;
      for await (const { bytes, cells } of readRecords(file, chunks, file.delimiter)) {
        const row = index++;
        if (row === -1) await sink.write(bytes);
        if (row === -1 || !selected.has(row)) continue;
        const target = references?.target(row);
        const foreign = target === undefined || selected.has(target) ? undefined : await pass?.cell(row);
        const cell = cells[columns.indexOf(images ?? "")] as Cell;
        if (foreign === undefined) await sink.write(bytes);
        else
          for (const part of [bytes.subarray(0, cell.start), foreign, bytes.subarray(cell.end)]) await sink.write(part);
      }
    } finally {
      await pass?.[Symbol.asyncDispose]();
    }
  }

  return { file: file.file, name: file.name, rows, values, write };
}

/** The records of a file after its header. Throws `WinnowError("input")` where one has more cells than it. */
async function* dataRecords(file: DelimitedFile, chunks: AsyncIterable<Buffer>): AsyncGenerator<DelimitedRecord> {
  const { name, columns, delimiter } = file;
  let isHeader = true;
  for await (const record of readRecords(file, chunks, delimiter)) {
    if (!isHeader) {
      if (record.cells.length > columns.length) {
        throw new WinnowError(
          "input",
          `${name}, line ${record.line}: expected at most ${columns.length} cells, as the header has; found ${record.cells.length}.`,
        );
      }
      yield record;
    }
    isHeader = false;
  }
}
