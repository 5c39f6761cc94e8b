import { COMMON_NAMES } from "../detect-fields.ts";
import { readColumns } from "../plain-row.ts";
import type { Dialect } from "./dialect.ts";

/** EasyR1, and the official RAP on it: `problem` with `<image>`, `answer`, a list `images`. */
export const easyr1: Dialect = {
  name: "easyr1",
  candidates: { ...COMMON_NAMES, question: ["problem"], images: ["images"] },
  fits: ({ columns, rows }) =>
    columns.includes("answer") &&
    rows.some((row) => typeof row.get("problem") === "string" && Array.isArray(row.get("images"))),
  read: readColumns,
  export: {
    container: "parquet",
    // EasyR1 ignores `path` where there are bytes, and fails where there are none.
    columns: { images: ["image"], problem: "text", answer: "text", id: "text" },
    row: ({ id, rowId, question, images, groundTruth }, { paths }) => ({
      images: images.map(({ bytes }, at) => ({ bytes, path: paths[at] ?? null })),
      problem: question,
      answer: groundTruth,
      id: rowId ?? id,
    }),
  },
};
