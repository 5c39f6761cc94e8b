import type { RowValues } from "../build-sample.ts";
import { COMMON_NAMES } from "../detect-fields.ts";
import type { Dataset } from "../format.ts";
import { fieldValue, type Row } from "../row.ts";
import type { Dialect } from "./dialect.ts";

/** Columns under their usual names, a question as text; what every row is when nothing else fits. */
export const plain: Dialect = {
  name: "plain",
  candidates: COMMON_NAMES,
  fits: () => false,
  read: readColumns,
};

/** Every field from where it stands, as it is. */
export function readColumns(row: Row, fields: Dataset["fields"]): RowValues {
  const read = (name: string | undefined) => (name === undefined ? undefined : fieldValue(row, name));
  return {
    question: read(fields.question),
    answer: read(fields.answer),
    images: read(fields.images),
    id: read(fields.id),
    choices: read(fields.choices),
  };
}
