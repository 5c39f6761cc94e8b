import { existsSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { WinnowError } from "../errors.ts";
import { escapeGlob } from "../lib/match-glob.ts";
import { openDatabase, sqlText } from "../runs/database.ts";
import type { Manifest } from "../runs/manifest.ts";

/** A file of a run, and the name it is published under. */
export interface PublishedFile {
  /** With `/`. */
  readonly path: string;
  readonly file: string;
  readonly bytes: number;
}

/** A part of a publication: what `load_dataset(repo, name)` is to give. */
export interface PublishedPart {
  readonly name: "default" | "control" | "scores";
  /** Patterns, as `datasets` reads them, of the files that hold its rows. */
  readonly patterns: readonly string[];
  /** How its rows are read, beside what Hugging Face `datasets` guesses. */
  readonly reading?: Readonly<Record<string, string>>;
}

/** What of a run is published: the subset, the control where there is one, the scores, and nothing else. */
export interface Publication {
  readonly files: readonly PublishedFile[];
  readonly parts: readonly PublishedPart[];
}

/**
 * Gathers what of a finished run is published. `folder`, empty, is for files that are made for it:
 * `datasets` reads all configurations of a dataset with one reader, so that beside JSON rows the scores
 * are JSON lines as well, beside CSV and TSV they are CSV, and beside an image folder they are no
 * configuration. Throws `WinnowError("run")` when there is nothing to publish.
 */
export async function gatherPublication(directory: string, manifest: Manifest, folder: string): Promise<Publication> {
  const { subset, control, dataset } = manifest;
  const scores = join(directory, "scores.parquet");
  if (manifest.state !== "done" || !subset || !existsSync(scores)) {
    throw new WinnowError(
      "run",
      `${directory} has no finished subset to publish: \`winnow run ${directory}\` goes on.`,
    );
  }
  using database = await openDatabase(join(folder, "spill.tmp"));
  const sources = new Set<unknown>();
  for await (const { file } of database.rows(`SELECT DISTINCT file FROM ${sqlText(scores)}`)) sources.add(file);
  const part = async (name: "subset" | "control", names: readonly string[]): Promise<PublishedFile[]> =>
    await Promise.all(names.map((one) => published(join(directory, name), one, `${name}/${one}`)));
  const patternsOf = (files: readonly PublishedFile[], name: "subset" | "control"): readonly string[] => {
    // An image folder is loaded from its images, which find their metadata.
    if (dataset.format === "imagefolder") return [`${name}/**`];
    const rows = files.filter(({ path }) => sources.has(path.slice(name.length + 1)));
    return rows.map(({ path }) => escapeGlob(path));
  };

  const subsetFiles = await part("subset", subset.files);
  const controlFiles = control ? await part("control", control.files) : [];
  const scoreFiles = [await published(directory, "scores.parquet", "scores.parquet")];
  const parts: PublishedPart[] = [{ name: "default", patterns: patternsOf(subsetFiles, "subset") }];
  if (control) parts.push({ name: "control", patterns: patternsOf(controlFiles, "control") });
  if (dataset.format === "parquet") parts.push({ name: "scores", patterns: ["scores.parquet"] });
  if (dataset.format === "csv" || dataset.format === "tsv") {
    scoreFiles.push(await published(directory, "scores.csv", "scores.csv"));
    parts.push({ name: "scores", patterns: ["scores.csv"], reading: { sep: "," } });
  }
  if (dataset.format === "json" || dataset.format === "jsonl") {
    const lines = join(folder, "scores.jsonl");
    await database.run(`COPY (SELECT * FROM ${sqlText(scores)}) TO ${sqlText(lines)} (FORMAT json)`);
    scoreFiles.push(await published(folder, "scores.jsonl", "scores.jsonl"));
    parts.push({ name: "scores", patterns: ["scores.jsonl"] });
  }
  return { files: [...subsetFiles, ...controlFiles, ...scoreFiles], parts };
}

/** A file within a folder, which no link leads out of. */
async function published(folder: string, name: string, path: string): Promise<PublishedFile> {
  const root = await realpath(folder).catch(() => folder);
  const file = await realpath(join(root, name)).catch(() => undefined);
  const within = file === undefined ? ".." : relative(root, file);
  if (file === undefined || within.startsWith("..") || isAbsolute(within)) {
    throw new WinnowError(
      "run",
      `${folder}: expected the file ${name}; it is not there. \`winnow select\` writes it again.`,
    );
  }
  return { path, file, bytes: (await stat(file)).size };
}
