import path from "node:path";
import { WinnowError } from "../errors.ts";
import { csv } from "./delimited.ts";
import type { Dataset, DatasetFiles, Format, OpenOptions } from "./format.ts";
import { jsonLines } from "./json.ts";
import { parquet } from "./parquet.ts";

/** What metadata may be written in, by its ending. */
const CONTAINERS: Readonly<Record<string, Format>> = { ".csv": csv, ".jsonl": jsonLines, ".parquet": parquet };

/**
 * An image folder as Hugging Face `datasets` loads one: images in files, and beside them
 * `metadata.csv`, `.jsonl` or `.parquet` with their paths in `file_name`, `file_names` or
 * `*_file_name(s)`. Rows are read from the metadata, with the columns that `datasets` makes of it.
 */
export const imageFolder: Format = {
  name: "imagefolder",
  extensions: Object.keys(CONTAINERS).map((ending) => `metadata${ending}`),
  async open(found: DatasetFiles, options: OpenOptions): Promise<Dataset> {
    const endings = [...new Set(found.files.map((file) => path.extname(file).toLowerCase()))];
    const container = CONTAINERS[endings[0] ?? ""];
    if (container === undefined || endings.length > 1) {
      throw new WinnowError(
        "input",
        `${found.root}: expected the metadata of an image folder as ${Object.keys(CONTAINERS).join(", ")}, all of one kind; found ${endings.join(" and ")}.`,
      );
    }
    const dataset = await container.open(found, { ...options, fileNames: true });
    return { ...dataset, format: "imagefolder" };
  },
};
