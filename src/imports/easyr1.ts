import type { LogLayout } from "./log-layout.ts";
import { known, readScore, readText } from "./read-field.ts";

/**
 * EasyR1's `generations.log`: blocks of `[prompt]`, `[output]`, `[ground_truth]` and `[score]`,
 * unescaped, a blank line between. It holds validation samples only, and does not say the step.
 */
export const easyr1: LogLayout = {
  name: "easyr1",
  recognises: (record, { text }) => text && "prompt" in record,
  *read(record, context) {
    yield {
      ids: [],
      ...known({
        prompt: readText(record.prompt),
        groundTruth: readText(record.ground_truth),
        response: readText(record.output),
        score: readScore(record, context, ["score"]),
      }),
    };
  },
};
