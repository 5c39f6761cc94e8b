import { endsInAnswer, previewTurns, readChat } from "../chat-row.ts";
import { COMMON_NAMES } from "../detect-fields.ts";
import type { Dialect } from "./dialect.ts";

/** LLaVA: `conversations` of from and value that end in the answer, and `image`, a bare path. */
export const llava: Dialect = {
  name: "llava",
  candidates: {
    ...COMMON_NAMES,
    question: ["conversations"],
    answer: ["conversations", ...COMMON_NAMES.answer],
    images: ["image"],
  },
  fits: (preview) => preview.columns.includes("image") && endsInAnswer(previewTurns(preview, "conversations", "from")),
  read: (row, fields) => readChat(row, fields),
  export: {
    container: "json",
    answersInTurn: true,
    row: ({ id, rowId, question, groundTruth }, { paths }) => ({
      id: rowId ?? id,
      image: paths.length === 1 ? paths[0] : paths,
      conversations: [
        { from: "human", value: question },
        { from: "gpt", value: groundTruth },
      ],
    }),
  },
};
