import { WinnowError } from "../errors.ts";
import { type Manifest, type Refresh, readManifest } from "../runs/manifest.ts";
import type { Command } from "./command.ts";
import { toArgs } from "./config-flag.ts";
import { OUTPUT_FLAGS, ROLLOUT_FLAGS } from "./config-flags.ts";
import { loadRun } from "./load-config.ts";
import { print } from "./print.ts";
import { runAndReport } from "./run-and-report.ts";

/** Flags that name another checkpoint and how it is asked; the others would change what is asked. */
const CHECKPOINT_FLAGS = Object.fromEntries(
  Object.entries(ROLLOUT_FLAGS).filter(([, { key }]) => /^(model|backend|openai\..*|attention.*)$/.test(key)),
);

export const refreshCommand: Command = {
  name: "refresh",
  description: "Select again with a newer checkpoint, answering anew only what may have changed",
  args: {
    target: { type: "positional", description: "Run directory with a finished selection" },
    share: {
      type: "string",
      valueHint: "p",
      description: "Share of the samples not selected that is answered anew in this round; 0.1",
    },
    ...toArgs(CHECKPOINT_FLAGS),
    ...OUTPUT_FLAGS,
  },
  examples: [
    "winnow refresh runs/mine --model checkpoints/step-200",
    "winnow refresh runs/mine --base-url http://localhost:8000/v1 --model step-200 --share 0",
  ],
  async run(args, signal) {
    const directory = args.target as string;
    const share = args.share === undefined ? 0.1 : Number(args.share);
    if (!(share >= 0 && share <= 1)) {
      throw new WinnowError("usage", `\`--share\`: expected a number from 0 to 1; found \`${args.share}\`.`);
    }
    const { config } = await loadRun(directory, args);
    const before = (await readManifest(directory)) as Manifest;
    // The newer checkpoint is asked exactly what the older one was, whatever its own defaults are.
    const asked = {
      ...config,
      prompt: { ...config.prompt, format: before.prompt.format },
      sampling: { ...config.sampling, maxTokens: before.maxTokens },
    };
    await runAndReport(asked, directory, args, signal, "subset", { share });
    const { refresh } = (await readManifest(directory)) as Manifest;
    if (args.json !== true && refresh !== undefined) print(renderRefresh(refresh));
  },
};

/** What a refresh changed, in two lines. */
export function renderRefresh({ round, outcome }: Refresh): string {
  if (outcome === undefined) return "";
  const { answered, carried, before, kept, dropped, joined } = outcome;
  const share = before === 0 ? "" : ` (${((100 * kept) / before).toFixed(1)} % of ${before})`;
  return (
    `  refresh    round ${round}: ${answered} samples answered by this checkpoint, ${carried} stand as an earlier one left them\n` +
    `  overlap    ${kept} selected again${share}, ${dropped} dropped, ${joined} joined\n\n`
  );
}
