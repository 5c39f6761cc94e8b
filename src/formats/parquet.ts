import { WinnowError } from "../errors.ts";
import { openTemporaryFile } from "../lib/open-temporary-file.ts";
import { createImageCopier } from "./copy-images.ts";
import { combineFingerprints, fingerprintFile } from "./fingerprint.ts";
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
import { imageBase } from "./image-path.ts";
import { readClassNames } from "./parquet/class-names.ts";
import { copyRows } from "./parquet/copy-rows.ts";
import { type Footer, readFooter } from "./parquet/footer.ts";
import { MalformedParquet } from "./parquet/malformed.ts";
import { readRows } from "./parquet/read-rows.ts";
import { hasLogical, leavesOf } from "./parquet/schema.ts";
import { openWindowReader, type WindowReader } from "./parquet/window-reader.ts";
import type { Row } from "./row.ts";
import { openRowReader, PREVIEW_ROWS, requireColumns } from "./row-reader.ts";
import { type NamedFile, nameFiles, planSubset } from "./subset-target.ts";

/** Parquet, with images as Hugging Face lays them out: {bytes, path}, bytes or paths, one or a list. */
export const parquet: Format = { name: "parquet", extensions: [".parquet"], open };

async function open(found: DatasetFiles, options: OpenOptions): Promise<Dataset> {
  const sources = nameFiles(found);
  const footers = new Map<string, Footer>();
  const hashes = [];
  for (const source of sources) {
    footers.set(source.name, await withFile(source, async (reader) => await readFooter(reader)));
    hashes.push({ name: source.name, ...(await fingerprintFile(source)) });
  }
  const first = sources[0] as NamedFile;
  const footerOf = ({ name }: NamedFile) => footers.get(name) as Footer;
  const columns = (name: string) => footers.get(name)?.schema.children.map((node) => node.name) ?? [];
  const rowReader = await openRowReader(
    {
      file: first.name,
      columns: columns(first.name),
      peek: async (names) => await peek(first, footerOf(first), names),
    },
    options,
  );
  const { fields } = rowReader;
  requireColumns(
    rowReader,
    sources.map(({ name }) => ({ name, columns: columns(name) })),
  );
  const rows = [...footers.values()].reduce((sum, footer) => sum + footer.rows, 0);
  if (rows === 0)
    throw new WinnowError("input", `${sources.map(({ name }) => name).join(", ")}: expected rows; found none.`);

  const rowsOf = ({ name }: NamedFile, reader: WindowReader, wanted: (row: number) => boolean) => {
    const inUse = rowReader.columns.filter((column) => columns(name).includes(column));
    return readRows({ footer: footers.get(name) as Footer, reader }, inUse, wanted);
  };

  async function* read({ only, signal }: ReadOptions = {}): AsyncGenerator<ReadItem> {
    for (const source of sources) {
      const reader = await openWindowReader(source.file);
      try {
        const footer = footerOf(source);
        const wanted = only === undefined ? () => true : (row: number) => only(source.name, row);
        const names = readClassNames(footer, fields.answer);
        for await (const { row, values } of rowsOf(source, reader, wanted)) {
          signal?.throwIfAborted();
          const name = names?.[Number(values.get(fields.answer) ?? -1)];
          if (name !== undefined) values.set(fields.answer, name);
          const place = { source: { file: source.name, row }, base: imageBase(found, source.file) };
          yield await rowReader.read(values, place);
        }
      } catch (error) {
        throw nameFile(source, error);
      } finally {
        await reader[Symbol.asyncDispose]();
      }
    }
  }

  async function writeSubset(selection: RowSelection, folder: string, signal?: AbortSignal): Promise<WrittenSubset> {
    const copier = createImageCopier(folder);
    const written: string[] = [];
    let bytes = 0;
    let kept = 0;
    for (const { rows: selected, target, ...source } of await planSubset(sources, selection, folder)) {
      await withFile(source, async (reader) => {
        const footer = footerOf(source);
        if (rowReader.imageColumns.some((column) => mayReferToFiles(footer, column))) {
          for await (const { values } of rowsOf(source, reader, (row) => selected.has(row))) {
            await copier.copy(rowReader.images(values), imageBase(found, source.file));
          }
        }
        const sink = await openTemporaryFile(target);
        try {
          kept += await copyRows({ footer, reader }, selected, sink, signal);
          await sink.commit();
          bytes += sink.size;
        } finally {
          await sink.discard();
        }
      });
      written.push(source.name);
    }
    return { files: [...written, ...copier.files], rows: kept, bytes: bytes + copier.bytes };
  }

  return {
    format: "parquet",
    dialect: rowReader.dialect,
    fields,
    rows,
    fingerprint: combineFingerprints(hashes),
    read,
    writeSubset,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** These columns of the first rows of a file. */
async function peek(source: NamedFile, footer: Footer, columns: readonly string[]): Promise<readonly Row[]> {
  return await withFile(source, async (reader) => {
    const rows: Row[] = [];
    for await (const { values } of readRows({ footer, reader }, columns, (row) => row < PREVIEW_ROWS)) {
      rows.push(values);
    }
    return rows;
  });
}

/** Runs `work` on an open file and closes it; a fault in the file becomes `WinnowError("input")` naming it. */
async function withFile<T>(source: NamedFile, work: (reader: WindowReader) => Promise<T>): Promise<T> {
  const reader = await openWindowReader(source.file);
  try {
    return await work(reader);
  } catch (error) {
    throw nameFile(source, error);
  } finally {
    await reader[Symbol.asyncDispose]();
  }
}

function nameFile({ name }: NamedFile, error: unknown): unknown {
  if (!(error instanceof MalformedParquet || error instanceof RangeError)) return error;
  return new WinnowError("input", `${name}: malformed Parquet: ${error.message}.`, { cause: error });
}

/** Whether a column may hold paths: it has text, and its bytes, if any, are not known to be all there. */
function mayReferToFiles({ schema, rowGroups }: Footer, column: string): boolean {
  const node = schema.children.find(({ name }) => name === column);
  if (node === undefined) return true;
  if (!leavesOf(node).some((leaf) => hasLogical(leaf, 1, 0))) return false;
  const bytes = node.children.find(({ name, leaf }) => name === "bytes" && leaf !== undefined);
  if (bytes === undefined) return true;
  return rowGroups.some(({ columns }) => columns[bytes.leaf?.index ?? -1]?.nulls !== 0);
}
