import { answersAfter, COMMON_NAMES } from "../detect-fields.ts";
import { readColumns } from "../plain-row.ts";
import { withoutPlaces } from "../without-places.ts";
import type { Dialect } from "./dialect.ts";

/** R1-V, open-r1-multimodal and lmms-eval: `problem`, one `image`, `solution` with the answer in `<answer>` tags. */
export const r1v: Dialect = {
  name: "r1-v",
  candidates: { ...COMMON_NAMES, question: ["problem"], answer: answersAfter("solution"), images: ["image"] },
  fits: ({ columns, rows }) =>
    columns.includes("solution") &&
    columns.includes("image") &&
    rows.some((row) => typeof row.get("problem") === "string" && !Array.isArray(row.get("image"))),
  read: readColumns,
  export: {
    container: "parquet",
    columns: { image: "image", problem: "text", solution: "text" },
    maxImages: 1,
    row: ({ question, images, groundTruth }, { paths }) => ({
      image: { bytes: images[0]?.bytes, path: paths[0] ?? null },
      problem: withoutPlaces(question),
      solution: `<answer> ${groundTruth} </answer>`,
    }),
  },
};
