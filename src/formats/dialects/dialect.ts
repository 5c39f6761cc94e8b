import type { Sample } from "../../records.ts";
import type { RowValues } from "../build-sample.ts";
import type { ColumnTypes } from "../column-type.ts";
import type { Dataset, FieldNames } from "../format.ts";
import type { Preview, Row } from "../row.ts";

/** Where each field may stand, the likeliest first, in the terms of `fieldValue`; letter case does not matter. */
export type FieldCandidates = Readonly<Record<keyof FieldNames, readonly string[]>>;

/**
 * A dialect: how a trainer or a benchmark lays a sample out in a row, whatever file the row is
 * in. Formats call it with plain data; it opens no file. Reading throws a `Rejection` for a row
 * that cannot be used. Subsets never pass through it: formats copy the rows themselves.
 */
export interface Dialect {
  readonly name: string;
  readonly candidates: FieldCandidates;
  /** Columns, beside those of the fields, that `fits` or `read` look at where they are there. */
  readonly also?: readonly string[];
  /** Whether image sources may stand in the question's column (in the parts of a message), too. */
  readonly imagesInQuestion?: boolean;
  /** Whether an image of at most 64 characters is the id of the row that has it. */
  readonly imagesByReference?: boolean;
  /** Whether the rows are of this dialect and of no other that reads them differently, as far as documented. */
  fits(preview: Preview): boolean;
  read(row: Row, fields: Dataset["fields"]): RowValues;
  /** How a sample becomes a row of the dialect; absent where nobody trains on it. */
  readonly export?: DialectExport;
}

/** Placeholders of media that no sample has. */
export const OTHER_MEDIA: readonly string[] = ["<video>", "<audio>"];

/**
 * How a dialect's trainer wants a dataset: its file, its images, its rows. In Parquet (which has
 * typed columns) images stand in the row as `{bytes, path}`, in JSON as paths of files beside.
 */
export type DialectExport = ExportRules &
  ({ readonly container: "parquet"; readonly columns: ColumnTypes } | { readonly container: "jsonl" | "json" });

interface ExportRules {
  /** Images that a row can hold at most; any number when absent. */
  readonly maxImages?: number;
  /** Texts that the trainer would take for media of another kind; a question with one cannot be written. */
  readonly reserved?: readonly string[];
  /** The ground truth is a turn of the conversation, where placeholders are counted too. */
  readonly answersInTurn?: boolean;
  /** Whether rows ask as the model was asked, format prompt included; else the trainer's own template adds it. */
  readonly prompted?: boolean;
  /** JSON files that the trainer needs beside the file with this name, by name. */
  companions?(file: string): Readonly<Record<string, unknown>>;
  /** The row's columns in order; `{bytes, path}` with a `Uint8Array` where an image stands with its bytes. */
  row(sample: Sample, place: ExportPlace): Readonly<Record<string, unknown>>;
}

/** Where an exported row stands. */
export interface ExportPlace {
  /** From 0. */
  readonly index: number;
  readonly split: string;
  /** Name of the dataset that it comes from. */
  readonly source: string;
  /** Absolute path of the folder that the exported file is in. */
  readonly folder: string;
  /** The question as the model was asked it: with the format prompt behind it. */
  readonly prompt: string;
  /** Path of each image's file, relative to the exported file. */
  readonly paths: readonly string[];
}
