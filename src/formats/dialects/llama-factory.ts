import { endsInAnswer, previewTurns, readChat } from "../chat-row.ts";
import { COMMON_NAMES } from "../detect-fields.ts";
import { type Dialect, OTHER_MEDIA } from "./dialect.ts";
import { isMulberryAnswer } from "./mulberry.ts";

/** LLaMA-Factory: `messages` of role and content that end in the answer, `<image>` as often as there are `images`. */
export const llamaFactory: Dialect = {
  name: "llama-factory",
  candidates: {
    ...COMMON_NAMES,
    question: ["messages", "conversations"],
    answer: ["messages", "conversations"],
    images: ["images"],
  },
  also: ["system"],
  fits: (preview) =>
    preview.columns.includes("images") &&
    ["messages", "conversations"].some((column) => {
      const conversations = previewTurns(preview, column, "role");
      return endsInAnswer(conversations) && !conversations.every((turns) => isMulberryAnswer(turns.at(-1)?.text));
    }),
  read: (row, fields) => readChat(row, fields, { strict: true }),
  export: {
    container: "json",
    answersInTurn: true,
    reserved: OTHER_MEDIA,
    companions: (file) => ({
      "dataset_info.json": {
        winnow: {
          file_name: file,
          formatting: "sharegpt",
          columns: { messages: "messages", images: "images" },
          tags: { role_tag: "role", content_tag: "content", user_tag: "user", assistant_tag: "assistant" },
        },
      },
    }),
    row: ({ question, groundTruth }, { paths }) => ({
      messages: [
        { role: "user", content: question },
        { role: "assistant", content: groundTruth },
      ],
      images: paths,
    }),
  },
};
