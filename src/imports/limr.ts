import type { LogLayout } from "./log-layout.ts";
import { known, readCount, readPrompt, readScore, readStepOf, readText } from "./read-field.ts";

/** LIMR's `step_<N>.json`: an array of prompts with a reward each. The responses themselves are not logged. */
export const limr: LogLayout = {
  name: "limr",
  recognises: (record) => "prompt" in record && "reward" in record && "response_length" in record,
  *read(record, context) {
    yield {
      ids: [],
      ...known({
        prompt: readPrompt(record.prompt),
        groundTruth: readText(record.ground_truth),
        response: readText(record.response ?? record.output),
        score: readScore(record, context, ["reward"]),
        step: readStepOf(context.file),
        tokens: known({ responseTokens: readCount(record.response_length) }),
      }),
    };
  },
};
