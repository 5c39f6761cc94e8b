import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Config } from "../config.ts";
import { WinnowError } from "../errors.ts";
import type { DialectExport } from "../formats/dialects/dialect.ts";
import { findExport } from "../formats/dialects/index.ts";
import { openExportWriter } from "../formats/export-writer.ts";
import type { Dataset } from "../formats/format.ts";
import { packageRoot } from "../lib/package-root.ts";
import { followQuestion, resolveFormatPrompt } from "../prompts/format-prompt.ts";
import { RECIPES } from "../recipes/index.ts";
import { type RewardSettings, writeRecipe } from "../recipes/write-recipe.ts";
import { type Database, openDatabase } from "../runs/database.ts";
import { type Manifest, readManifest } from "../runs/manifest.ts";
import { readSampleEntries } from "../runs/sample-table.ts";
import { chooseSamples, type WhichSamples } from "./choose-samples.ts";
import { describeScoring, gradeFlags } from "./describe-scoring.ts";
import { VERSION } from "./new-manifest.ts";
import { openConfiguredDataset } from "./open-configured-dataset.ts";
import { type Progress, SILENT } from "./progress.ts";
import { readNeeded } from "./read-needed.ts";
import { writeLines } from "./write-lines.ts";

export interface DatasetExportOptions {
  /** Where it is written; `<run>/<trainer>` when absent. Nothing may be there. */
  readonly folder?: string;
  /** The selected samples when absent. */
  readonly which?: WhichSamples;
  /** A dataset of your own in place of the one the run names; you close it. */
  readonly dataset?: Dataset;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** What was exported; `export.json` says the same. */
export interface ExportedDataset {
  readonly winnow: string;
  readonly run: string;
  readonly to: string;
  readonly which: WhichSamples;
  readonly folder: string;
  /** Relative to the folder, but for images and the recipe. */
  readonly files: readonly string[];
  readonly rows: number;
  /** Image files beside the rows. */
  readonly images: number;
  readonly bytes: number;
  /** Rows that the trainer's format has no way to express, by reason; `left-out.jsonl` lists them. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** What stands behind each question in the rows; `null` where the trainer's configuration adds it. */
  readonly formatPrompt: string | null;
  /** Files in `recipe/`; none for trainers without one. */
  readonly recipe: readonly string[];
  /** Where training will differ from what was scored. */
  readonly cautions: readonly string[];
}

/**
 * Writes samples of a finished run in a trainer's format, exact duplicates included, with their
 * ids and scores behind the trainer's own columns and, where there is one, a training recipe
 * beside them. Images keep their bytes. The folder appears when it is whole. Throws
 * `WinnowError`: `usage` (unknown format, folder there already), `run` (not finished, nothing to
 * write), `input` (the dataset is not what was scored).
 */
export async function exportDataset(
  directory: string,
  to: string,
  options: DatasetExportOptions = {},
): Promise<ExportedDataset> {
  const rules = findExport(to);
  const { which = "selected" } = options;
  const folder = path.resolve(options.folder ?? path.join(directory, to));
  const manifest = await readFinished(directory);
  if (existsSync(folder)) {
    throw new WinnowError("usage", `${folder} is there already: remove it, or name another folder with --into.`);
  }
  const { progress = SILENT, signal } = options;
  const opening = { progress, ...(signal && { signal }) };
  const own = options.dataset === undefined ? await openConfiguredDataset(manifest.config, opening) : undefined;
  const dataset = options.dataset ?? (own as Dataset);
  const partial = `${folder}.partial-${process.pid}`;
  await mkdir(path.dirname(folder), { recursive: true });
  await mkdir(partial);
  try {
    refuseOtherData(manifest, dataset);
    using database = await openDatabase(path.join(tmpdir(), `winnow-export-${process.pid}`));
    const written = await writeSamples(
      { database, directory, manifest, dataset, rules, to, which, folder, partial },
      options,
    );
    const choices = dataset.fields.choices !== undefined;
    const scored = await describeScoring(database, directory, manifest, { rows: written.rows, choices });
    const recipe = RECIPES.find(({ trainer }) => trainer === to);
    const { grading } = manifest.config;
    const report: ExportedDataset = {
      winnow: VERSION,
      run: path.resolve(directory),
      to,
      which,
      folder,
      ...written,
      formatPrompt: rules.prompted === true ? scored.formatPrompt : null,
      recipe:
        recipe === undefined ? [] : await writeRecipe(recipe, path.join(partial, "recipe"), scored, rewardOf(grading)),
      cautions: recipe === undefined ? [] : [...recipe.cautions(scored), ...cautionsOf(grading)],
    };
    await writeFile(path.join(partial, "export.json"), `${JSON.stringify(report, null, 2)}\n`);
    await rename(partial, folder);
    return report;
  } finally {
    await rm(partial, { recursive: true, force: true });
    await own?.[Symbol.asyncDispose]();
  }
}

interface Writing {
  readonly database: Database;
  readonly directory: string;
  readonly manifest: Manifest;
  readonly dataset: Dataset;
  readonly rules: DialectExport;
  readonly to: string;
  readonly which: WhichSamples;
  readonly folder: string;
  readonly partial: string;
}

async function writeSamples(
  { database, directory, manifest, dataset, rules, to, which, folder, partial }: Writing,
  { progress = SILENT, signal }: DatasetExportOptions,
): Promise<Pick<ExportedDataset, "files" | "rows" | "images" | "bytes" | "leftOut">> {
  const entries = await readSampleEntries(database, path.join(directory, "samples.parquet"));
  const { columns, scores, rows } = await chooseSamples(database, directory, entries, manifest, which);
  const hasChoices = dataset.fields.choices !== undefined;
  const writer = await openExportWriter({
    rules,
    folder: partial,
    finalFolder: folder,
    split: "train",
    source: nameSource(manifest.dataset.path),
    extra: { ...columns, ...(hasChoices && { choices: ["text"] }) },
    createdBy: `winnow ${VERSION}`,
  });
  const formatPrompt = resolveFormatPrompt(manifest.prompt.format);
  const leftOut: Record<string, number> = {};
  try {
    progress.begin("write", rows);
    await writeLines(path.join(partial, "left-out.jsonl"), undefined, async (note) => {
      for await (const sample of readNeeded(dataset, entries, scores, signal)) {
        signal?.throwIfAborted();
        const extra = { ...scores.get(sample.id), ...(hasChoices && { choices: sample.choices ?? [] }) };
        const refusal = await writer.add(sample, followQuestion(sample.question, formatPrompt), extra);
        progress.advance("write", 1);
        if (refusal === undefined) continue;
        leftOut[refusal.code] = (leftOut[refusal.code] ?? 0) + 1;
        const { id, rowId = null, source } = sample;
        await note({ ...source, id: rowId, sample: id, code: refusal.code, reason: `${refusal.message}.` });
      }
    });
    progress.end("write");
    if (writer.rows === 0) throw new WinnowError("run", describeNothing(to, leftOut));
    const { files, bytes } = await writer.finish();
    return { files, rows: writer.rows, images: writer.images, bytes, leftOut };
  } finally {
    await writer.discard();
  }
}

/** What a dataset is called: `owner/name` on the hub, else its file's or folder's name without endings. */
function nameSource(where: string): string {
  const onHub = /^hf:\/\/(?:datasets\/)?([^/]+\/[^/@]+)/.exec(where)?.[1];
  return onHub ?? (path.basename(where).replace(/\..*$/, "") || "dataset");
}

async function readFinished(directory: string): Promise<Manifest> {
  const manifest = await readManifest(directory);
  if (manifest === undefined) {
    throw new WinnowError(
      "run",
      `${directory} is not a run directory: it holds no run.json. \`winnow run\` makes one.`,
    );
  }
  if (!existsSync(path.join(directory, "scores.parquet"))) {
    throw new WinnowError("run", `${directory} has selected nothing yet: \`winnow select ${directory}\` decides.`);
  }
  return manifest;
}

function refuseOtherData(manifest: Manifest, dataset: Dataset): void {
  if (dataset.fingerprint === manifest.dataset.fingerprint) return;
  throw new WinnowError(
    "input",
    `${manifest.dataset.path} is not the data that was scored: its bytes have changed. Score it again with \`winnow run\`.`,
  );
}

function describeNothing(to: string, leftOut: Readonly<Record<string, number>>): string {
  const reasons = Object.entries(leftOut).map(([code, count]) => `${code} ${count}`);
  return reasons.length === 0
    ? "Nothing is selected, so there is nothing to export; `--which all` writes every sample with its scores."
    : `No selected sample can be written for ${to}: ${reasons.join(", ")}.`;
}

function rewardOf(grading: Config["grading"]): RewardSettings {
  const command = [process.execPath, path.join(packageRoot(), "bin", "winnow.js")];
  return { command, grade: gradeFlags(grading) };
}

function cautionsOf({ correctIff }: Config["grading"]): readonly string[] {
  return correctIff === undefined
    ? []
    : [`Samples were graded by their log (${correctIff}); the reward grades by rules.`];
}
