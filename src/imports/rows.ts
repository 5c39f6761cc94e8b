import type { LogLayout } from "./log-layout.ts";
import { known, readCount, readNumber, readPrompt, readScore, readText } from "./read-field.ts";

const RESPONSE = ["response", "output", "completion", "generated_text", "prediction"];
const SAMPLE = ["sample_id", "id", "index", "prompt", "question"];

/** Plain rows of anybody's: a response and what names its sample (docs/imports/index.md lists the fields). */
export const rows: LogLayout = {
  name: "rows",
  recognises: (record) => RESPONSE.some((name) => name in record) && SAMPLE.some((name) => name in record),
  *read(record, context) {
    const field = RESPONSE.find((name) => readText(record[name]) !== undefined);
    const finish = record.finish_reason ?? record.finish;
    const arm = record.arm === "image" || record.arm === "text" ? record.arm : undefined;
    yield {
      ids: [record.sample_id, record.id].map(readText).filter((id) => id !== undefined),
      ...known({
        arm,
        index: readCount(record.index),
        prompt: readPrompt(record.prompt ?? record.question),
        groundTruth: readText(record.ground_truth ?? record.answer ?? record.solution),
        response: field === undefined ? undefined : readText(record[field]),
        score: readScore(record, context, ["score", "reward", "acc"]),
        step: readNumber(record.step),
        tokens: known({
          promptTokens: readCount(record.prompt_tokens),
          responseTokens: readCount(record.response_tokens ?? record.completion_tokens),
          finish: finish === "stop" || finish === "length" ? finish : undefined,
        }),
      }),
    };
  },
};
