import { WinnowError } from "../errors.ts";
import type { SourceRow } from "../records.ts";
import { buildSample, type RowValues, readScalar, rejectRow } from "./build-sample.ts";
import { detectFields } from "./detect-fields.ts";
import { findDialect, previewColumns, recogniseDialect } from "./dialects/index.ts";
import { nameImageColumns, withNamedColumns } from "./file-name-columns.ts";
import type { Dataset, OpenOptions, ReadItem } from "./format.ts";
import type { ImageBase } from "./image-path.ts";
import { Rejection } from "./rejection.ts";
import { columnsOf, fieldValue, type Row } from "./row.ts";

/** Rows that a dialect is recognised by. */
export const PREVIEW_ROWS = 8;

/** What a format knows of its rows before it reads them. */
export interface RowSource {
  /** The file, for errors. */
  readonly file: string;
  readonly columns: readonly string[];
  /** These columns of the first rows, at most `PREVIEW_ROWS`. */
  peek(columns: readonly string[]): Promise<readonly Row[]>;
}

/** Where a row stands. */
export interface RowPlace {
  readonly source: SourceRow;
  readonly base: ImageBase;
  /** What the file calls the row, where rows have names: its id when no column holds one. */
  readonly name?: string;
}

/** Turns the rows of one dataset into samples, by the dataset's dialect. Every format reads through one. */
export interface RowReader {
  readonly dialect: string;
  readonly fields: Dataset["fields"];
  /** The columns that `read` needs of a row, those of the fields first. */
  readonly columns: readonly string[];
  /** Those of the fields, which every file must have. */
  readonly required: readonly string[];
  /** The columns that may name image files. */
  readonly imageColumns: readonly string[];
  /** Whether an image of at most 64 characters is the id of the row of the same file that has it. */
  readonly imagesByReference: boolean;
  /** A sample, or a rejected row that says why; never throws for what a row holds. */
  read(row: Row, place: RowPlace): Promise<ReadItem>;
  /** The value that holds a row's images, for copying their files; undefined when the row is unusable. */
  images(row: Row): unknown;
}

/** Columns that mean a row has more than images. */
const REFUSED = ["video", "videos", "audio", "audios"];

/**
 * Finds out how the rows of a dataset are to be read. Throws `WinnowError("input")` when a
 * column is missing, or when dialect or answer would have to be guessed.
 */
export async function openRowReader(source: RowSource, options: OpenOptions): Promise<RowReader> {
  const { file } = source;
  const { fields: named, dialect: asked, fileNames = false } = options;
  const made = nameImageColumns(fileNames ? source.columns : []);
  const columns = [...new Set([...source.columns, ...made.keys()])];
  const inFile = (names: readonly string[]) => [...new Set(names.flatMap((name) => made.get(name) ?? [name]))];
  const given = asked === undefined ? undefined : findDialect(asked);
  const first = await source.peek(inFile(previewColumns(columns, named)));
  const preview = { named, columns, rows: first.map((row) => withNamedColumns(row, made)) };
  const dialect = given ?? recogniseDialect(file, preview);
  const settled = given !== undefined && given.name !== "plain";
  const fields = detectFields({ file, preview, candidates: dialect.candidates, settled });
  const refused = columns.filter((column) => REFUSED.includes(column.toLowerCase()));
  const also = columns.filter((column) => dialect.also?.includes(column.toLowerCase()));
  const inUse = (names: readonly string[]) => inFile(names.flatMap((name) => columnsOf(name, columns)));
  const required = inUse(Object.values(fields));
  const read = (found: Row): RowValues => {
    const row = withNamedColumns(found, made);
    for (const column of refused) refuseMedium(row.get(column), column);
    return dialect.read(row, fields);
  };

  return {
    dialect: dialect.name,
    fields,
    columns: inFile([...required, ...refused, ...also]),
    required,
    imagesByReference: dialect.imagesByReference === true,
    imageColumns: inUse([fields.images, ...(dialect.imagesInQuestion ? [fields.question] : [])]),
    async read(row, { source, base, name }) {
      let values: RowValues;
      const id = fields.id === undefined ? name : (fieldValue(row, fields.id) ?? name);
      try {
        values = read(row);
      } catch (error) {
        if (error instanceof Rejection) return rejectRow(source, error, readScalar(id));
        throw error;
      }
      return await buildSample({ ...values, id: values.id ?? name }, source, base);
    },
    images(row) {
      try {
        return read(row).images;
      } catch (error) {
        if (error instanceof Rejection) return undefined;
        throw error;
      }
    },
  };
}

/** Checks that every file of a dataset has the columns in use. Throws `WinnowError("input")` naming file and column. */
export function requireColumns(
  { required }: RowReader,
  files: readonly { readonly name: string; readonly columns: readonly string[] }[],
): void {
  for (const { name, columns } of files) {
    const missing = required.find((column) => !columns.includes(column));
    if (missing === undefined) continue;
    throw new WinnowError("input", `${name}: expected the columns of ${files[0]?.name}; found no \`${missing}\`.`);
  }
}

function refuseMedium(value: unknown, column: string): void {
  const medium = column.toLowerCase().replace(/s$/, "");
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return;
  throw new Rejection(`has-${medium}`, `expected images alone; found ${medium} in \`${column}\``);
}
