import { COMMON_NAMES } from "../detect-fields.ts";
import { readColumns } from "../plain-row.ts";
import type { Dialect } from "./dialect.ts";

/** Columns under their usual names, a question as text; what every row is when nothing else fits. */
export const plain: Dialect = {
  name: "plain",
  candidates: COMMON_NAMES,
  fits: () => false,
  read: readColumns,
  export: {
    container: "jsonl",
    row: ({ id, rowId, question, groundTruth }, { paths }) => ({
      id: rowId ?? id,
      question,
      answer: groundTruth,
      images: paths,
    }),
  },
};
