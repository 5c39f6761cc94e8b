import type { RowValues } from "./build-sample.ts";
import type { Dataset } from "./format.ts";
import { fieldValue, type Row } from "./row.ts";

/** Every field of a row from where it stands, as it is. */
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
