import type { LogLayout } from "./log-layout.ts";
import { known, readNumber, readRowIndex, readScore, readStepOf, readText } from "./read-field.ts";

/**
 * verl's `rollout_data_dir` and `validation_data_dir` dumps: `<step>.jsonl`, one response a line.
 * Special tokens, image pads among them, are skipped in `input`, so texts are all there is to
 * join by unless the reward function logged the sample's index.
 */
export const verl: LogLayout = {
  name: "verl",
  recognises: (record) => "input" in record && "output" in record && "score" in record && !("doc_id" in record),
  *read(record, context) {
    yield {
      ids: [],
      ...known({
        index: readRowIndex(record),
        prompt: readText(record.input),
        groundTruth: readText(record.gts ?? record.gt),
        response: readText(record.output),
        score: readScore(record, context, ["acc", "score"]),
        step: readNumber(record.step) ?? readStepOf(context.file),
      }),
    };
  },
};
