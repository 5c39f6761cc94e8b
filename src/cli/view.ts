import { WinnowError } from "../errors.ts";
import { runPipeline } from "../pipeline.ts";
import { explainEmptySubset } from "../report/render-report.ts";
import { summariseRun } from "../report/summarise-run.ts";
import type { SubsetResult } from "../view/protocol.ts";
import { serveViewer } from "../view/serve-viewer.ts";
import type { Command } from "./command.ts";
import { SELECTION_FLAGS } from "./config-flags.ts";
import { loadRun } from "./load-config.ts";
import { print } from "./print.ts";

export const viewCommand: Command = {
  name: "view",
  description: "Look at a run in the browser, or at two side by side, on loopback",
  args: {
    target: { type: "positional", description: "Run directory" },
    other: { type: "positional", description: "Another run to compare it with", required: false },
    port: { type: "string", valueHint: "n", description: "Port; 7300, 0 takes a free one" },
    json: { type: "boolean", description: "Print one JSON object for machines" },
  },
  examples: ["winnow view runs/figures", "winnow view runs/paper runs/robust --port 0"],
  async run(args, signal) {
    const port = Number(args.port ?? 7300);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new WinnowError("usage", `\`--port\` takes a number from 0 to 65535, found \`${args.port}\`.`);
    }
    const directories = [args.target, args.other].filter((directory) => directory !== undefined) as string[];
    const select = (directory: string, flags: Readonly<Record<string, string | boolean>>): Promise<SubsetResult> =>
      selectAgain(directory, flags, signal);
    await using served = await serveViewer({ directories, port, select });
    print(args.json === true ? `${JSON.stringify({ url: served.url })}\n` : `Open ${served.url}\n`);
    if (signal.aborted) return;
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  },
};

/** What `winnow select` does with these flags; the flags come from a browser, so only its own are taken. */
async function selectAgain(
  directory: string,
  flags: Readonly<Record<string, string | boolean>>,
  signal: AbortSignal,
): Promise<SubsetResult> {
  const unknown = Object.keys(flags).find((name) => !Object.hasOwn(SELECTION_FLAGS, name));
  if (unknown !== undefined) throw new WinnowError("usage", `\`winnow select\` has no flag \`--${unknown}\`.`);
  const { config } = await loadRun(directory, flags);
  const manifest = await runPipeline(config, directory, { signal });
  const summary = await summariseRun(directory);
  const emptiness = explainEmptySubset(summary);
  if (emptiness !== undefined) throw new WinnowError("empty", emptiness);
  return { selected: summary.selected, rows: manifest.subset?.rows ?? 0, files: manifest.subset?.files ?? [] };
}
