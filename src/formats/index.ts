import { findDatasetFiles } from "./dataset-files.ts";
import type { Dataset, FieldNames, Format } from "./format.ts";
import { json, jsonLines } from "./json.ts";
import { parquet } from "./parquet.ts";

/** Every dataset format, by preference. To add one: one file, one line here, and the contract suite. */
const FORMATS: readonly Format[] = [parquet, jsonLines, json];

/**
 * Opens a dataset: a file, a folder, or a glob. Names decide on the format and content corrects
 * them (JSON lines in a `.json` file). Throws `WinnowError("input")` naming the file, what was
 * expected and what was found: not a dataset, empty, malformed, an unknown column, or an answer
 * column that would have to be guessed.
 */
export async function openDataset(
  path: string,
  { format, fields = {} }: { readonly format?: string; readonly fields?: FieldNames } = {},
): Promise<Dataset> {
  const found = await findDatasetFiles(path, FORMATS, format);
  return await found.format.open(found, fields);
}
