import { readChat } from "../chat-row.ts";
import { COMMON_NAMES } from "../detect-fields.ts";
import type { Dialect } from "./dialect.ts";

/** LMM-R1 and MM-Eureka for Qwen: `message`, the JSON text of messages whose parts name images as `file://…`. */
export const lmmR1: Dialect = {
  name: "lmm-r1",
  candidates: { ...COMMON_NAMES, question: ["message"], images: ["message"] },
  fits: ({ columns, rows }) =>
    columns.includes("answer") &&
    rows.some((row) => {
      const message = row.get("message");
      return typeof message === "string" && /^\s*\[\s*\{/.test(message);
    }),
  read: (row, fields) => readChat(row, fields),
  export: {
    container: "jsonl",
    prompted: true,
    row: ({ id, rowId, groundTruth }, { paths, prompt, folder }) => ({
      id: rowId ?? id,
      message: JSON.stringify([{ role: "user", content: toParts(prompt, paths, folder) }]),
      answer: groundTruth,
    }),
  },
};

function toParts(question: string, paths: readonly string[], folder: string): readonly object[] {
  return question
    .split("<image>")
    .flatMap((text, index) => [
      ...(index === 0 ? [] : [{ type: "image", image: `file://${folder}/${paths[index - 1]}` }]),
      ...(text.trim() === "" ? [] : [{ type: "text", text: index === 0 ? text : text.replace(/^\n/, "") }]),
    ]);
}
