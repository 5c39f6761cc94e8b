import { readChat } from "../chat-row.ts";
import { isConversation } from "../conversation.ts";
import { fieldValue } from "../row.ts";
import type { Dialect } from "./dialect.ts";

/** verl: `prompt` as messages with `<image>` in their text, the ground truth in `reward_model.ground_truth`. */
export const verl: Dialect = {
  name: "verl",
  candidates: {
    question: ["prompt"],
    answer: ["reward_model.ground_truth"],
    images: ["images"],
    id: ["extra_info.index", "id", "uid"],
    choices: ["choices", "options"],
  },
  fits: ({ rows }) =>
    rows.some((row) => fieldValue(row, "reward_model.ground_truth") !== undefined && isConversation(row.get("prompt"))),
  read: (row, fields) => readChat(row, fields, { strict: true }),
  export: {
    container: "parquet",
    images: "bytes",
    row: ({ question, images, groundTruth }, { index, split, source, paths }) => ({
      data_source: source,
      prompt: [{ role: "user", content: question }],
      images: images.map(({ bytes }, at) => ({ bytes, path: paths[at] ?? null })),
      ability: "math",
      reward_model: { style: "rule", ground_truth: groundTruth },
      extra_info: { split, index, answer: groundTruth, question },
    }),
  },
};
