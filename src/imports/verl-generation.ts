import type { LogLayout } from "./log-layout.ts";
import { known, readList, readPrompt, readRecord, readRowIndex, readScore, readText } from "./read-field.ts";

/** Parquet of verl's `main_generation`: the dataset's own rows with a list `responses`. */
export const verlGeneration: LogLayout = {
  name: "verl-generation",
  recognises: (record) => Array.isArray(record.responses) && "prompt" in record,
  *read(record, context) {
    const shared = known({
      index: readRowIndex(record) ?? context.row,
      prompt: readPrompt(record.prompt),
      groundTruth: readText(readRecord(record.reward_model).ground_truth),
      score: readScore(record, context, []),
    });
    for (const response of readList(record.responses)) {
      const text = readText(response);
      yield text === undefined ? { ids: [], ...shared, trouble: "no text" } : { ids: [], ...shared, response: text };
    }
  },
};
