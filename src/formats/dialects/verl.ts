import { isConversation, readExchange, readTurns } from "../conversation.ts";
import { Rejection } from "../rejection.ts";
import { fieldValue, listOf } from "../row.ts";
import type { Dialect } from "./dialect.ts";
import { readColumns } from "./plain.ts";

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
  read(row, fields) {
    const values = readColumns(row, fields);
    const { question, images } = readExchange(readTurns(values.question), listOf(values.images));
    const places = question.split("<image>").length - 1;
    if (places !== images.length) {
      // verl asserts this when it loads the row.
      throw new Rejection("placeholder-count", `expected one <image> per image; found ${places} and ${images.length}`);
    }
    return { ...values, question, images };
  },
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
