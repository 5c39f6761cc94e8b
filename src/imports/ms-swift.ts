import { isColumnar, readCompletionRow } from "./completion-row.ts";
import type { LogLayout } from "./log-layout.ts";

/** ms-swift GRPO's `completions.jsonl`: each line a generation batch, columns as lists. */
export const msSwift: LogLayout = {
  name: "ms-swift",
  recognises: isColumnar,
  *read(record, context) {
    const columns = Object.entries(record).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
    const rows = Math.max(...columns.map(([, values]) => values.length));
    for (let row = 0; row < rows; row += 1) {
      const one = Object.fromEntries(columns.map(([name, values]) => [name, values[row]]));
      yield { ids: [], ...readCompletionRow(one, context) };
    }
  },
};
