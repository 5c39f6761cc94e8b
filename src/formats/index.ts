import type { Config } from "../config.ts";
import { WinnowError } from "../errors.ts";
import type { HubPart } from "../hub/choose-files.ts";
import type { TransferProgress } from "../hub/download.ts";
import { isHubAddress } from "../lib/hub-address.ts";
import { findDatasetFiles } from "./dataset-files.ts";
import { csv, tsv } from "./delimited.ts";
import type { Dataset, FieldNames, Format } from "./format.ts";
import { openHubDataset } from "./hub-dataset.ts";
import { imageFolder as imageFolderFormat } from "./image-folder.ts";
import { findImageFolder } from "./image-path.ts";
import { json, jsonLines } from "./json.ts";
import { parquet } from "./parquet.ts";
import { webDataset } from "./web-dataset.ts";

/** Every dataset format, by preference. To add one: one file, one line here, and the contract suite. */
const FORMATS: readonly Format[] = [imageFolderFormat, parquet, jsonLines, webDataset, json, csv, tsv];

/** What may be said of a dataset; the rest is detected. */
export interface DatasetOptions {
  readonly format?: string;
  readonly dialect?: string;
  readonly fields?: FieldNames;
  /** The folder that image paths are relative to and must not leave; each data file's own when absent. */
  readonly imageFolder?: string;
  /** Configuration and split of a dataset on the Hugging Face hub. */
  readonly hf?: HubPart;
  /** Told how downloads get on. */
  readonly transfer?: TransferProgress;
  readonly signal?: AbortSignal;
}

/**
 * Opens a dataset: a file, a folder, a glob, or an `hf://` address (docs/formats/hub.md). Names
 * decide on the format and content corrects them (JSON lines in a `.json` file). Throws
 * `WinnowError("input")` naming the file, what was expected and what was found: not a dataset,
 * empty, malformed, an unknown column, or a dialect or an answer column that would have to be guessed.
 */
export async function openDataset(path: string, options: DatasetOptions = {}): Promise<Dataset> {
  const { format, dialect, fields = {}, imageFolder, hf = {} } = options;
  const images = imageFolder === undefined ? {} : { imageFolder: await findImageFolder(imageFolder) };
  const asked = { fields, ...(dialect !== undefined && { dialect }) };
  if (isHubAddress(path)) {
    const { transfer, signal } = options;
    const part = { ...hf, ...(format && { format }), ...(transfer && { transfer }), ...(signal && { signal }) };
    return await openHubDataset(path, FORMATS, { ...part, ...images }, asked);
  }
  if (hf.config !== undefined || hf.split !== undefined) {
    throw new WinnowError(
      "usage",
      `${path}: --split and --hf-config are for hf:// datasets; name the files of a split on this machine with a glob.`,
    );
  }
  const found = await findDatasetFiles(path, FORMATS, format);
  return await found.format.open({ ...found, ...images }, asked);
}

/** The dataset options of a configuration, absent ones left out. */
export function pickDatasetOptions({ format, dialect, imageFolder, fields, hf }: Config): DatasetOptions {
  return {
    ...(format && { format }),
    ...(dialect && { dialect }),
    ...(imageFolder && { imageFolder }),
    fields: fields as FieldNames,
    hf: hf as HubPart,
  };
}
