import type { HubOrigin } from "../hub/fetch-dataset.ts";
import type { RejectedRow, Sample } from "../records.ts";

/**
 * Which columns hold what. Absent: detected from the dialect's and the common names. Besides a
 * column, a name may be a part of one (`reward_model.ground_truth`) or a text made of several
 * (`images/{id}.png`).
 */
export interface FieldNames {
  readonly question?: string;
  readonly answer?: string;
  readonly images?: string;
  readonly id?: string;
  readonly choices?: string;
}

/** One item of a reading pass, in row order. */
export type ReadItem =
  | { readonly type: "sample"; readonly sample: Sample }
  | { readonly type: "rejected"; readonly rejected: RejectedRow };

/** Which rows a subset keeps: row numbers by file, in the terms of `SourceRow`. */
export type RowSelection = ReadonlyMap<string, ReadonlySet<number>>;

/** What a written subset is. */
export interface WrittenSubset {
  /** Files written, relative to the target folder. */
  readonly files: readonly string[];
  readonly rows: number;
  readonly bytes: number;
}

/**
 * An opened dataset. Reading and writing stream: memory does not grow with the number of
 * rows. A dataset holds no state between passes, so it can be read again at any time, also
 * while another pass is under way.
 */
export interface Dataset extends AsyncDisposable {
  /** Name of the format, e.g. `parquet`, `jsonl`. */
  readonly format: string;
  /** Name of the dialect that its rows are in, e.g. `verl`, `plain`. */
  readonly dialect: string;
  /** The columns in use after detection; `id` and `choices` only when there are such columns. */
  readonly fields: FieldNames & { readonly question: string; readonly answer: string; readonly images: string };
  /** Rows in all files. */
  readonly rows: number;
  /** Where it was taken from, when that is not this machine. */
  readonly origin?: HubOrigin;
  /** Changes whenever the bytes of the dataset's files may have: names, sizes and content hashes. */
  readonly fingerprint: string;
  /**
   * Every row in order, each as a sample or a rejected row; with `only`, just the rows for
   * which it is true (others are skipped without reading their images).
   */
  read(options?: ReadOptions): AsyncIterable<ReadItem>;
  /**
   * Writes the selected rows to `folder` in this dataset's own format: same file names, row
   * order, columns, types, metadata keys and image bytes. Images referenced by path are
   * copied beside, so the subset stands alone. Writes to temporary names first.
   */
  writeSubset(selection: RowSelection, folder: string, signal?: AbortSignal): Promise<WrittenSubset>;
}

export interface ReadOptions {
  readonly only?: (file: string, row: number) => boolean;
  readonly signal?: AbortSignal;
}

/** A dataset format: how to recognise it and how to open it. */
export interface Format {
  readonly name: string;
  /** File name endings it claims, lower case, dot included; without a dot in front, a whole name. */
  readonly extensions: readonly string[];
  /**
   * Opens the given files. Throws a `WinnowError("input")` naming the file, what was
   * expected and what was found when they are not this format, a named column does not
   * exist, or the dialect or the answer column is ambiguous (it asks; it never guesses).
   */
  open(files: DatasetFiles, options: OpenOptions): Promise<Dataset>;
}

/** What was said of a dataset's rows; the rest is detected. */
export interface OpenOptions {
  readonly fields: FieldNames;
  /** Name of the dialect that the rows are in. */
  readonly dialect?: string;
  /** Columns such as `file_name` are seen as the images that they name, too (`nameImageColumns`). */
  readonly fileNames?: boolean;
}

/** The files of a dataset, and the folder that image paths must not leave. */
export interface DatasetFiles {
  readonly root: string;
  /** The folder that image paths are relative to and must not leave, where it was named; else that of each file, within `root`. */
  readonly imageFolder?: string;
  /** Absolute paths, in reading order. */
  readonly files: readonly string[];
  /** Where a dataset is kept that is not at hand: files in `root` may be links into `store`, and are brought when named. */
  readonly kept?: KeptFiles;
}

/** A dataset whose files are in a store of contents, under other names. */
export interface KeptFiles {
  /** Real path of the folder that links in the dataset's folder may lead into. */
  readonly store: string;
  /** Brings a file (relative to the root, with `/`) when it is one of the dataset and not there yet. */
  ensure(name: string): Promise<void>;
}
