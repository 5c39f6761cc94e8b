import { WinnowError } from "../errors.ts";
import { compareRuns } from "../report/compare-runs.ts";
import { renderComparison } from "../report/render-comparison.ts";
import type { Command } from "./command.ts";
import { print } from "./print.ts";

export const compareCommand: Command = {
  name: "compare",
  description: "Two selections, or two models' runs, side by side: overlap, who differs and why",
  args: {
    a: { type: "positional", description: "Run directory, or a decisions.parquet" },
    b: { type: "positional", description: "Run directory, or a decisions.parquet" },
    limit: { type: "string", valueHint: "n", description: "Differing samples to list; 20" },
    json: { type: "boolean", description: "Print one JSON object for machines" },
  },
  examples: [
    "winnow compare runs/qwen-3b runs/qwen-7b",
    "winnow compare before.parquet runs/figures     # before.parquet: a copy of its decisions.parquet",
    "winnow compare runs/a runs/b --limit 100 --json",
  ],
  async run(args) {
    const limit = Number(args.limit ?? 20);
    if (!Number.isInteger(limit) || limit < 0) {
      throw new WinnowError("usage", `\`--limit\`: expected a whole number ≥ 0; found \`${args.limit}\`.`);
    }
    const comparison = await compareRuns(args.a as string, args.b as string, limit);
    print(args.json === true ? `${JSON.stringify(comparison, null, 2)}\n` : renderComparison(comparison));
  },
};
