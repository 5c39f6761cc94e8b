import { hasImages, hasLiteralPlaces, previewTurns, readChat } from "../chat-row.ts";
import { isConversation } from "../conversation.ts";
import { answersAfter, COMMON_NAMES } from "../detect-fields.ts";
import { readColumns } from "../plain-row.ts";
import { fieldValue } from "../row.ts";
import type { Dialect } from "./dialect.ts";

/** OpenRLHF: `input` or `prompt`, text or messages, with `<image>` in it; `images`; the ground truth in `label`. */
export const openrlhf: Dialect = {
  name: "openrlhf",
  candidates: {
    ...COMMON_NAMES,
    question: ["input", "prompt"],
    answer: answersAfter("label"),
    images: ["images", "image", "prompt", "input"],
  },
  imagesInQuestion: true,
  also: ["reward_model", "datasource"],
  fits(preview) {
    const { columns, rows } = preview;
    if (columns.includes("reward_model")) return false;
    const asText = ["input", ...(columns.includes("datasource") ? ["prompt"] : [])].some(
      (column) => rows.some((row) => typeof row.get(column) === "string") && hasImages(preview, []),
    );
    const asMessages = ["input", "prompt"].some((column) => {
      const prompts = previewTurns(preview, column, "role");
      return (
        prompts.length > 0 && hasImages(preview, prompts) && (column === "input" || hasLiteralPlaces(preview, column))
      );
    });
    return asText || asMessages;
  },
  read: (row, fields) =>
    isConversation(fieldValue(row, fields.question)) ? readChat(row, fields) : readColumns(row, fields),
  export: {
    container: "jsonl",
    prompted: true,
    row: ({ groundTruth }, { paths, prompt, source }) => ({
      input: prompt,
      images: paths,
      label: groundTruth,
      datasource: source,
    }),
  },
};
