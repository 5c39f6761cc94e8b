import { endsInAnswer, previewTurns, readChat } from "../chat-row.ts";
import { COMMON_NAMES } from "../detect-fields.ts";
import { type Dialect, OTHER_MEDIA } from "./dialect.ts";

/** ShareGPT: `conversations` of from and value, human and gpt, that end in the answer, and a list `images`. */
export const sharegpt: Dialect = {
  name: "sharegpt",
  candidates: {
    ...COMMON_NAMES,
    question: ["conversations", "messages"],
    answer: ["conversations", "messages", ...COMMON_NAMES.answer],
    images: ["images"],
  },
  also: ["system"],
  fits: (preview) =>
    preview.columns.includes("images") &&
    ["conversations", "messages"].some((column) => endsInAnswer(previewTurns(preview, column, "from"))),
  read: (row, fields) => readChat(row, fields, { strict: true }),
  export: {
    container: "json",
    answersInTurn: true,
    reserved: OTHER_MEDIA,
    // LLaMA-Factory reads this dialect too.
    companions: (file) => ({
      "dataset_info.json": {
        winnow: {
          file_name: file,
          formatting: "sharegpt",
          columns: { messages: "conversations", images: "images" },
        },
      },
    }),
    row: ({ question, groundTruth }, { paths }) => ({
      conversations: [
        { from: "human", value: question },
        { from: "gpt", value: groundTruth },
      ],
      images: paths,
    }),
  },
};
