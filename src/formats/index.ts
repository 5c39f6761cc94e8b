import type { Config } from "../config.ts";
import { findDatasetFiles } from "./dataset-files.ts";
import { csv, tsv } from "./delimited.ts";
import type { Dataset, FieldNames, Format } from "./format.ts";
import { imageFolder as imageFolderFormat } from "./image-folder.ts";
import { findImageFolder } from "./image-path.ts";
import { json, jsonLines } from "./json.ts";
import { parquet } from "./parquet.ts";

/** Every dataset format, by preference. To add one: one file, one line here, and the contract suite. */
const FORMATS: readonly Format[] = [imageFolderFormat, parquet, jsonLines, json, csv, tsv];

/** What may be said of a dataset; the rest is detected. */
export interface DatasetOptions {
  readonly format?: string;
  readonly dialect?: string;
  readonly fields?: FieldNames;
  /** The folder that image paths are relative to and must not leave; each data file's own when absent. */
  readonly imageFolder?: string;
}

/**
 * Opens a dataset: a file, a folder, or a glob. Names decide on the format and content corrects
 * them (JSON lines in a `.json` file). Throws `WinnowError("input")` naming the file, what was
 * expected and what was found: not a dataset, empty, malformed, an unknown column, or a dialect
 * or an answer column that would have to be guessed.
 */
export async function openDataset(
  path: string,
  { format, dialect, fields = {}, imageFolder }: DatasetOptions = {},
): Promise<Dataset> {
  const found = await findDatasetFiles(path, FORMATS, format);
  const images = imageFolder === undefined ? {} : { imageFolder: await findImageFolder(imageFolder) };
  return await found.format.open({ ...found, ...images }, { fields, ...(dialect !== undefined && { dialect }) });
}

/** The dataset options of a configuration, absent ones left out. */
export function pickDatasetOptions({ format, dialect, imageFolder, fields }: Config): DatasetOptions {
  return {
    ...(format && { format }),
    ...(dialect && { dialect }),
    ...(imageFolder && { imageFolder }),
    fields: fields as FieldNames,
  };
}
