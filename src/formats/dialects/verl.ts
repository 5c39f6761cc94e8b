import { readChat } from "../chat-row.ts";
import { isConversation } from "../conversation.ts";
import { fieldValue } from "../row.ts";
import { type Dialect, OTHER_MEDIA } from "./dialect.ts";

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
    prompted: true,
    reserved: OTHER_MEDIA,
    columns: {
      data_source: "text",
      prompt: [{ role: "text", content: "text" }],
      images: ["image"],
      ability: "text",
      reward_model: { style: "text", ground_truth: "text" },
      extra_info: { split: "text", index: "integer", answer: "text", question: "text", choices: ["text"] },
    },
    row: ({ question, images, groundTruth, choices = [] }, { index, split, source, paths, prompt }) => ({
      data_source: source,
      prompt: [{ role: "user", content: prompt }],
      images: images.map(({ bytes }, at) => ({ bytes, path: paths[at] ?? null })),
      ability: "math",
      reward_model: { style: "rule", ground_truth: groundTruth },
      // Reward functions are handed `extra_info` and no other column.
      extra_info: { split, index, answer: groundTruth, question, choices },
    }),
  },
};
