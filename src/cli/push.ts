import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { performance } from "node:perf_hooks";
import { WinnowError } from "../errors.ts";
import { type Pushed, pushDataset } from "../hub/push-dataset.ts";
import { isRevision, parseRepo } from "../lib/hub-address.ts";
import { CARD_TAG, renderDatasetCard } from "../report/dataset-card.ts";
import { count } from "../report/format-quantity.ts";
import { nameDataset } from "../report/name-dataset.ts";
import { type RunSummary, summariseRun } from "../report/summarise-run.ts";
import { gatherPublication, type PublishedFile } from "../stages/gather-publication.ts";
import { SILENT } from "../stages/progress.ts";
import type { Command } from "./command.ts";
import { OUTPUT_FLAGS } from "./config-flags.ts";
import { print } from "./print.ts";
import { ProgressBar } from "./progress-bar.ts";

/** Files shown to people; `--json` lists all. */
const SHOWN = 12;
const CARD = "README.md";
/** What a push of ours may have left on the hub that this one has no longer. */
const OWNED = ["subset/", "control/", "scores.parquet", "scores.jsonl", "scores.csv"];

export const pushCommand: Command = {
  name: "push",
  description: "Publish a run's subset, scores and a dataset card on the Hugging Face hub, as one commit",
  args: {
    target: { type: "positional", description: "Run directory with a finished selection" },
    repo: { type: "positional", description: "owner/name on the hub; made when there is none" },
    private: {
      type: "boolean",
      description: "Into a private dataset, which a new one becomes; never into a public one",
    },
    branch: { type: "string", valueHint: "name", description: "Branch to commit to, made when there is none; main" },
    split: { type: "string", valueHint: "name", description: "Name of the split; train" },
    message: { type: "string", valueHint: "text", description: "Title of the commit" },
    license: {
      type: "string",
      valueHint: "id",
      description: "Licence as the hub names it, such as cc-by-4.0; that of the source's card when absent",
    },
    overwrite: { type: "boolean", description: "Replace a dataset card that Winnow did not write" },
    "dry-run": {
      type: "string",
      valueHint: "dir",
      description: "Write what would go up to this folder, and send nothing",
    },
    ...OUTPUT_FLAGS,
  },
  examples: [
    "winnow push runs/mine me/mine-winnowed --private",
    "winnow push runs/mine me/mine-winnowed --dry-run /tmp/mine-winnowed",
  ],
  async run(args, signal) {
    const directory = args.target as string;
    const repo = parseRepo(args.repo as string);
    const { split, branch, license } = readNames(args);
    const summary = await summariseRun(directory);
    const work = await mkdtemp(join(tmpdir(), "winnow-push-"));
    try {
      const { files, parts } = await gatherPublication(directory, summary.manifest, work);
      const card = renderDatasetCard(summary, {
        repo,
        split,
        configs: parts,
        ...(license !== undefined && { license }),
      });
      const folder = args["dry-run"] as string | undefined;
      if (folder !== undefined) {
        await writeFolder(folder, files, card);
        return show(args, files, { folder }, `Written to ${folder}; nothing was sent.`);
      }
      const pushed = await pushDataset({
        repo,
        branch,
        message: (args.message as string | undefined) ?? nameCommit(summary),
        files: [
          { path: CARD, content: { text: card } },
          ...files.map(({ path, file }) => ({ path, content: { file } })),
        ],
        private: args.private === true,
        tag: CARD_TAG,
        overwrite: args.overwrite === true,
        owned: OWNED,
        uploaded: followUploads(files, args.quiet === true),
        signal,
      });
      show(args, files, pushed, describe(pushed, branch));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  },
};

function readNames(args: Readonly<Record<string, unknown>>): { split: string; branch: string; license?: string } {
  const { split = "train", branch = "main", license } = args as Record<string, string | undefined>;
  // As `datasets` has it (naming.py, `_split_re`).
  if (!/^\w+(\.\w+)*$/.test(split)) throw wrong("split", "letters, digits, _ and .", split);
  if (!isRevision(branch)) throw wrong("branch", "the name of a branch", branch);
  if (license !== undefined && !/^[\w.+-]{1,80}$/.test(license))
    throw wrong("license", "a licence's short name", license);
  return { split, branch, ...(license !== undefined && { license }) };
}

function wrong(flag: string, expected: string, found: string): WinnowError {
  return new WinnowError("usage", `\`--${flag}\`: expected ${expected}; found \`${found}\`.`);
}

function nameCommit({ selected, samples, manifest }: RunSummary): string {
  return `Select ${count(selected)} of ${count(samples)} samples of ${nameDataset(manifest.dataset.path, 80)}`;
}

/** A bar over the bytes of the files that are up. */
function followUploads(files: readonly PublishedFile[], quiet: boolean): (path: string) => void {
  const progress = quiet ? SILENT : new ProgressBar(process.stderr, () => performance.now());
  const left = new Map(files.map(({ path, bytes }) => [path, bytes]));
  progress.begin(
    "upload",
    [...left.values()].reduce((sum, bytes) => sum + bytes, 0),
  );
  return (path) => {
    progress.advance("upload", left.get(path) ?? 0);
    left.delete(path);
    if (left.size === 0) progress.end("upload");
  };
}

/** Writes a publication to a folder that is not there yet, or empty. */
async function writeFolder(folder: string, files: readonly PublishedFile[], card: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) {
    throw new WinnowError("usage", `${folder}: expected an empty folder for \`--dry-run\`; found files in it.`);
  }
  for (const { path, file } of files) {
    const target = join(folder, ...path.split("/"));
    await mkdir(dirname(target), { recursive: true });
    await copyFile(file, target);
  }
  await writeFile(join(folder, CARD), card);
}

function describe({ url, commit, created, removed }: Pushed, branch: string): string {
  const what = created ? "a new dataset" : "the dataset";
  const gone = removed.length === 0 ? "" : `; ${count(removed.length)} files of an earlier push removed`;
  return `${url}: ${what}, branch ${branch}, commit ${commit.slice(0, 12)}${gone}.`;
}

function show(
  args: Readonly<Record<string, unknown>>,
  files: readonly PublishedFile[],
  outcome: object,
  sentence: string,
): void {
  if (args.json === true) {
    const listed = files.map(({ path, bytes }) => ({ path, bytes }));
    print(`${JSON.stringify({ ...outcome, files: [{ path: CARD }, ...listed] }, null, 2)}\n`);
    return;
  }
  const lines = files
    .slice(0, SHOWN)
    .map(({ path, bytes }) => `  ${path.padEnd(40)} ${count(bytes).padStart(13)} bytes`);
  const more = files.length > SHOWN ? [`  and ${count(files.length - SHOWN)} more; --json lists all`] : [];
  print(`${[`  ${CARD}`, ...lines, ...more, "", `  ${sentence}`, ""].join("\n")}\n`);
}
