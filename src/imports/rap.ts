import type { Arm } from "../records.ts";
import type { LogLayout } from "./log-layout.ts";
import { known, readCount, readScore, readStepOf, readText } from "./read-field.ts";

/** Which arm the names say that the paper's selection script reads: `image.json` and `txt.json`. */
const ARMS: Readonly<Record<string, Arm>> = { image: "image", txt: "text", text: "text" };

/**
 * The official RAP code's `result.json` (renamed `image.json` or `txt.json`) and `step_N.json`:
 * an array of responses named by `onlyid`. Its `answer` is the model's response, its `reward`
 * 0.9 · accuracy + 0.1 · format.
 */
export const rap: LogLayout = {
  name: "rap",
  recognises: (record) => "onlyid" in record && "reward" in record,
  *read(record, context) {
    const ids = [record.onlyid, record.id].map(readText).filter((id) => id !== undefined);
    yield {
      ids,
      ...known({
        arm: ARMS[context.file.replace(/\.\w+$/, "").toLowerCase()],
        step: /^step_\d+\./.test(context.file) ? readStepOf(context.file) : undefined,
        groundTruth: readText(record.ground_truth),
        response: readText(record.answer),
        score: readScore(record, context, ["reward"]),
        tokens: known({ responseTokens: readCount(record.response_length) }),
      }),
    };
  },
};
