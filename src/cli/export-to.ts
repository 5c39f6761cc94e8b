import { performance } from "node:perf_hooks";
import type { ArgsDef } from "citty";
import { WinnowError } from "../errors.ts";
import { EXPORT_NAMES } from "../formats/dialects/index.ts";
import { RECIPES } from "../recipes/index.ts";
import type { WhichSamples } from "../stages/choose-samples.ts";
import { type ExportedDataset, exportDataset } from "../stages/export-dataset.ts";
import { SILENT } from "../stages/progress.ts";
import { readFlags } from "./config-flag.ts";
import { DATASET_FLAGS, GRADING_FLAGS, ROLLOUT_FLAGS, SELECTION_FLAGS } from "./config-flags.ts";
import { print } from "./print.ts";
import { ProgressBar } from "./progress-bar.ts";

const WHICH: readonly WhichSamples[] = ["selected", "control", "all"];

/** Flags of `winnow export RUN --to TRAINER`. */
export const EXPORT_TO_FLAGS: ArgsDef = {
  to: {
    type: "string",
    valueHint: "trainer",
    description: `Of a run directory: write its samples for ${EXPORT_NAMES.join(", ")}; with a training recipe for ${RECIPES.map(({ trainer }) => trainer).join(", ")}`,
  },
  into: { type: "string", valueHint: "folder", description: "With --to: the folder to make; RUN/TRAINER when absent" },
  which: { type: "string", valueHint: "samples", description: `With --to: ${WHICH.join(", ")}; selected` },
};

/** Writes a run's samples in a trainer's format. Throws `WinnowError("usage")` for flags that have no say in it. */
export async function exportTo(args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<void> {
  const { names } = readFlags(args, { ...DATASET_FLAGS, ...ROLLOUT_FLAGS, ...GRADING_FLAGS, ...SELECTION_FLAGS });
  const others = ["requests", "arm", "wave", "for", "out"].filter((name) => args[name] !== undefined);
  const idle = [...names.values(), ...others.map((name) => `--${name}`)];
  if (idle.length > 0) {
    throw new WinnowError(
      "usage",
      `\`winnow export --to\` writes what a run has scored and takes no ${idle.join(", ")}.`,
    );
  }
  const which = (args.which ?? "selected") as WhichSamples;
  if (!WHICH.includes(which)) {
    throw new WinnowError("usage", `\`--which\`: expected ${WHICH.join(", ")}; found \`${which}\`.`);
  }
  const exported = await exportDataset(args.target as string, args.to as string, {
    ...(args.into !== undefined && { folder: args.into as string }),
    which,
    progress: args.quiet === true ? SILENT : new ProgressBar(process.stderr, () => performance.now()),
    signal,
  });
  print(args.json === true ? `${JSON.stringify(exported, null, 2)}\n` : renderExported(exported));
}

function renderExported(exported: ExportedDataset): string {
  const { folder, rows, images, bytes, files, leftOut, recipe, cautions } = exported;
  const count = (value: number): string => value.toLocaleString("en");
  const reasons = Object.entries(leftOut).map(([code, number]) => `${code} ${count(number)}`);
  const lines: (readonly [string, string])[] = [
    ["rows", `${count(rows)}${images > 0 ? `, ${count(images)} images` : ""} (${count(Math.ceil(bytes / 1e6))} MB)`],
    ...(reasons.length > 0 ? [["left out", `${reasons.join(", ")}: left-out.jsonl`] as const] : []),
    ["prompt", describePrompt(exported)],
    ["folder", `${folder}: ${files.join(", ")}`],
    ...(recipe.length > 0 ? [["recipe", `bash ${folder}/recipe/launch.sh grpo     # or rloo`] as const] : []),
    ...cautions.map((caution) => ["note", caution] as const),
  ];
  return `\n${lines.map(([name, text]) => `  ${name.padEnd(10)} ${text}`).join("\n")}\n\n`;
}

function describePrompt({ formatPrompt, recipe }: ExportedDataset): string {
  if (formatPrompt !== null && formatPrompt !== "") return "the question and the format prompt it was scored with";
  const adds = formatPrompt === null && recipe.length > 0;
  return adds ? "the question; the recipe adds what it was scored with" : "the question alone";
}
