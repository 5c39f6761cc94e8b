import { isColumnar, readCompletionRow } from "./completion-row.ts";
import type { LogLayout } from "./log-layout.ts";

/** TRL's `completions/completions_<step>.parquet`: one completion a row, a column per reward function. */
export const trl: LogLayout = {
  name: "trl",
  recognises: (record) => "prompt" in record && "completion" in record && !isColumnar(record),
  *read(record, context) {
    yield { ids: [], ...readCompletionRow(record, context) };
  },
};
