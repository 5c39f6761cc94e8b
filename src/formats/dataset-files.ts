import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { WinnowError } from "../errors.ts";
import { uncompressedName } from "./compression.ts";
import type { DatasetFiles, Format } from "./format.ts";
import { matchGlob } from "./glob.ts";

/** The files of a dataset and the format that their names claim. */
export interface FoundFiles extends DatasetFiles {
  readonly format: Format;
}

/** Folder levels searched for data files at most. */
const MAX_LEVELS = 4;
/** JSON files that describe a dataset and hold no rows. */
const ABOUT = /^(dataset_infos?|dataset_dict|state|config|metadata|package|tsconfig|croissant)\.json$/i;
/** What describes a dataset more often than it holds its rows, where there are others. */
const TEXT_TABLE = /\.(csv|tsv)$/i;
const SPLIT = /(^|[^a-z])(train|test|validation|valid|val|dev)([^a-z]|$)/i;

/**
 * Finds the data files that `where` names: a file, a folder (its own data files, or else those
 * in the folders below it) or a glob with `*`, `**`, `?`, `{a,b}` and `{000..099}`. Throws
 * `WinnowError("input")` when there are none, or when they are of several formats or splits and
 * one would have to be guessed.
 */
export async function findDatasetFiles(
  where: string,
  formats: readonly Format[],
  format?: string,
): Promise<FoundFiles> {
  const known = knownFormats(where, formats, format);
  const status = await stat(where).catch(() => undefined);
  if (status?.isDirectory()) return await inFolder(where, known);
  if (status !== undefined) {
    const file = await realpath(where);
    const claimed = known.find((one) => claims(one, where)) ?? (format === undefined ? undefined : known[0]);
    if (claimed !== undefined) return { root: path.dirname(file), files: [file], format: claimed };
    throw new WinnowError(
      "input",
      `${where}: expected ${endings(known)}; found another file (name its format with --format).`,
    );
  }
  if (!/[*?{]/.test(where))
    throw new WinnowError("input", `${where}: expected a file, a folder or a glob; found nothing there.`);
  return await inGlob(where, known, format);
}

/** The format of files that were named one by one, and those of them that likely hold rows. */
export function claimFiles(
  where: string,
  { root, files }: DatasetFiles,
  formats: readonly Format[],
  format?: string,
): FoundFiles {
  const known = knownFormats(where, formats, format);
  if (format !== undefined) return { root, files, format: known[0] as Format };
  const claimed = preferTables(
    files.filter((file) => isClaimed(file, known)),
    known,
  );
  return { root, files: claimed, format: oneFormat(where, root, claimed, known) };
}

/** Whether any of these formats claims a file of this name. */
export function isClaimed(file: string, formats: readonly Format[]): boolean {
  return formats.some((one) => claims(one, file));
}

function knownFormats(where: string, formats: readonly Format[], format?: string): readonly Format[] {
  const known = format === undefined ? formats : formats.filter(({ name }) => name === format);
  if (known.length > 0) return known;
  throw new WinnowError("input", `${where}: expected a format among ${names(formats)}; found \`${format}\`.`);
}

async function inFolder(where: string, formats: readonly Format[]): Promise<FoundFiles> {
  const root = await realpath(where);
  const data = (files: readonly string[]) => files.filter((file) => isClaimed(file, formats));
  const all = await listLikeliest(root, data);
  const named = data(all).filter((file) => path.parse(uncompressedName(file)).name === "data");
  const chosen = named.length === 1 ? named : preferTables(data(all), formats);
  const found = all.slice(0, 5).map((file) => path.relative(root, file));
  if (chosen.length === 0) {
    const what = found.length === 0 ? "no files" : `${found.join(", ")}${all.length > 5 ? ", …" : ""}`;
    throw new WinnowError("input", `${where}: expected data files (${endings(formats)}); found ${what}.`);
  }
  const splits = new Set(chosen.map((file) => SPLIT.exec(path.relative(root, file))?.[2]?.toLowerCase()));
  if (splits.size > 1) {
    const list = [...splits].map((split) => split ?? "files of none").join(", ");
    const inFolders = chosen.every((file) => SPLIT.test(path.dirname(path.relative(root, file))));
    const way = inFolders ? "Name its folder, such as" : "Name its files with a glob such as";
    const example = inFolders ? path.dirname(path.relative(root, chosen[0] as string)) : "**/train*";
    throw new WinnowError("input", `${where}: expected one split; found ${list}. ${way} ${path.join(where, example)}.`);
  }
  return { root, files: chosen, format: oneFormat(where, root, chosen, formats) };
}

/** A folder's own files where they hold rows for sure, or those below hold none; else all of them. */
async function listLikeliest(root: string, data: (files: readonly string[]) => readonly string[]): Promise<string[]> {
  const own = await listFiles(root, 1);
  const hasTables = (files: readonly string[]) => data(files).some((file) => !TEXT_TABLE.test(uncompressedName(file)));
  if (hasTables(own)) return own;
  const all = await listFiles(root, MAX_LEVELS);
  return data(own).length > 0 && !hasTables(all) ? own : all;
}

async function inGlob(where: string, formats: readonly Format[], format?: string): Promise<FoundFiles> {
  const segments = path.resolve(where).split(path.sep);
  const fixed = segments.slice(
    0,
    segments.findIndex((segment) => /[*?{]/.test(segment)),
  );
  const folder = fixed.join(path.sep) || path.sep;
  const root = await realpath(folder).catch(() => folder);
  const all = await listFiles(root, where.includes("**") ? 32 : segments.length - fixed.length);
  const paths = new Map(all.map((file) => [path.relative(root, file).split(path.sep).join("/"), file]));
  const { matched, missing } = matchGlob(segments.slice(fixed.length).join("/"), [...paths.keys()]);
  const files = matched.map((name) => paths.get(name) as string);
  if (missing !== undefined && files.length > 0) {
    throw new WinnowError("input", `${where}: expected a file ${missing}; found none, but others of the range.`);
  }
  const data = files.filter((file) => format !== undefined || isClaimed(file, formats));
  if (data.length === 0) {
    throw new WinnowError(
      "input",
      `${where}: expected files (${endings(formats)}); found ${files.length === 0 ? "none" : `${files.length} others`} that match.`,
    );
  }
  return {
    root,
    files: data,
    format: format === undefined ? oneFormat(where, root, data, formats) : (formats[0] as Format),
  };
}

/** `.json`, `.csv` and `.tsv` beside Parquet or JSON lines describe them more often than they hold rows. */
function preferTables(files: readonly string[], formats: readonly Format[]): readonly string[] {
  const rows = files.filter((file) => !ABOUT.test(path.basename(file)));
  const isSure = (file: string) => formats.some((one) => one.extensions.includes(path.basename(file).toLowerCase()));
  const tables = rows.filter((file) => isSure(file) || !/\.(json|csv|tsv)$/i.test(uncompressedName(file)));
  // A tar beside JSON may hold just its images.
  const describes = tables.some((file) => !/\.(tar|tgz)$/i.test(uncompressedName(file)));
  return describes && formats.length > 1 ? tables : rows;
}

function oneFormat(where: string, root: string, files: readonly string[], formats: readonly Format[]): Format {
  const isOf = (format: Format) => (file: string) => formats.find((one) => claims(one, file)) === format;
  const found = formats.filter((format) => files.some(isOf(format)));
  if (found.length === 1) return found[0] as Format;
  const examples = found.map((format) => path.relative(root, files.find(isOf(format)) as string));
  throw new WinnowError(
    "input",
    `${where}: expected files of one format; found ${examples.join(" and ")}. Name one of them, or use --format.`,
  );
}

/** Regular files under a folder, sorted by path; hidden and partial ones left out, links followed to files only. */
async function listFiles(folder: string, levels: number): Promise<string[]> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".")) continue;
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (levels > 1) files.push(...(await listFiles(file, levels - 1)));
    } else if (entry.isFile() || (await stat(file).catch(() => undefined))?.isFile()) files.push(file);
  }
  return files;
}

function claims({ extensions }: Format, file: string): boolean {
  const name = path.basename(file).toLowerCase();
  return extensions.some((extension) => (extension.startsWith(".") ? name.endsWith(extension) : name === extension));
}

function endings(formats: readonly Format[]): string {
  return formats.flatMap(({ extensions }) => extensions).join(", ");
}

function names(formats: readonly Format[]): string {
  return formats.map(({ name }) => name).join(", ");
}
