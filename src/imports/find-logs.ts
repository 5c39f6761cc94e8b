import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { WinnowError } from "../errors.ts";

const LOG = /\.(jsonl|ndjson|json|parquet|log|txt)(\.gz)?$/i;

/** The log files that a path names: itself, or a folder's own, in the order of the numbers in their names. */
export async function findLogs(path: string): Promise<string[]> {
  const status = await stat(path).catch((cause: unknown) => {
    throw new WinnowError("input", `${path}: expected a log file or a folder of them; found nothing there.`, { cause });
  });
  if (!status.isDirectory()) return [await realpath(path)];
  const names = (await readdir(path, { withFileTypes: true })).filter(
    (entry) => entry.isFile() && LOG.test(entry.name),
  );
  if (names.length === 0) {
    throw new WinnowError(
      "input",
      `${path}: expected logs (.jsonl, .json, .parquet, .log); found none in this folder.`,
    );
  }
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  return names.map((entry) => join(path, entry.name)).sort((a, b) => compare(basename(a), basename(b)));
}
