import path from "node:path";
import { WinnowError } from "../errors.ts";
import { openTemporaryFile } from "../lib/open-temporary-file.ts";
import { buildSample } from "./build-sample.ts";
import { createImageCopier } from "./copy-images.ts";
import { detectFields } from "./detect-fields.ts";
import { combineFingerprints, fingerprintFile } from "./fingerprint.ts";
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
import { readClassNames } from "./parquet/class-names.ts";
import { copyRows } from "./parquet/copy-rows.ts";
import { type Footer, readFooter } from "./parquet/footer.ts";
import { MalformedParquet } from "./parquet/malformed.ts";
import { readRows } from "./parquet/read-rows.ts";
import { hasLogical, leavesOf } from "./parquet/schema.ts";
import { openWindowReader, type WindowReader } from "./parquet/window-reader.ts";
import { type NamedFile, nameFiles, planSubset } from "./subset-target.ts";

/** Parquet, with images as Hugging Face lays them out: {bytes, path}, bytes or paths, one or a list. */
export const parquet: Format = { name: "parquet", extensions: [".parquet"], open };

async function open({ root, files }: DatasetFiles, named: FieldNames): Promise<Dataset> {
  const sources = nameFiles({ root, files });
  const footers = new Map<string, Footer>();
  const hashes = [];
  for (const source of sources) {
    footers.set(source.name, await withFile(source, async (reader) => await readFooter(reader)));
    hashes.push({ name: source.name, ...(await fingerprintFile(source)) });
  }
  const first = sources[0] as NamedFile;
  const columns = (name: string) => footers.get(name)?.schema.children.map((node) => node.name) ?? [];
  const fields = detectFields(first.name, columns(first.name), named);
  for (const { name } of sources) {
    const missing = Object.values(fields).find((column) => !columns(name).includes(column));
    if (missing !== undefined) {
      throw new WinnowError("input", `${name}: expected the columns of ${first.name}; found no \`${missing}\`.`);
    }
  }
  const rows = [...footers.values()].reduce((sum, footer) => sum + footer.rows, 0);
  if (rows === 0)
    throw new WinnowError("input", `${sources.map(({ name }) => name).join(", ")}: expected rows; found none.`);
  const baseOf = (file: string) => ({ root, folder: path.dirname(file) });

  async function* read({ only, signal }: ReadOptions = {}): AsyncGenerator<ReadItem> {
    for (const source of sources) {
      const reader = await openWindowReader(source.file);
      try {
        const footer = footers.get(source.name) as Footer;
        const wanted = only === undefined ? () => true : (row: number) => only(source.name, row);
        const names = readClassNames(footer, fields.answer);
        for await (const { row, values } of readRows({ footer, reader }, fields, wanted)) {
          signal?.throwIfAborted();
          const answer = names?.[Number(values.answer ?? -1)] ?? values.answer;
          yield await buildSample({ ...values, answer }, { file: source.name, row }, baseOf(source.file));
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
        const footer = footers.get(source.name) as Footer;
        if (mayReferToFiles(footer, fields.images)) {
          for await (const { values } of readRows({ footer, reader }, fields, (row) => selected.has(row))) {
            await copier.copy(values.images, baseOf(source.file));
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
    fields,
    rows,
    fingerprint: combineFingerprints(hashes),
    read,
    writeSubset,
    [Symbol.asyncDispose]: async () => undefined,
  };
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

/** Whether the images column may hold paths: it has text, and its bytes, if any, are not known to be all there. */
function mayReferToFiles({ schema, rowGroups }: Footer, column: string): boolean {
  const node = schema.children.find(({ name }) => name === column);
  if (node === undefined || !leavesOf(node).some((leaf) => hasLogical(leaf, 1, 0))) return false;
  const bytes = node.children.find(({ name, leaf }) => name === "bytes" && leaf !== undefined);
  if (bytes === undefined) return true;
  return rowGroups.some(({ columns }) => columns[bytes.leaf?.index ?? -1]?.nulls !== 0);
}
