import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { hashText } from "../lib/hash-text.ts";

const TABLES = [
  "run.json",
  "samples.parquet",
  "rollouts.parquet",
  "attention.parquet",
  "decisions.parquet",
  "rejected.jsonl",
  "run.lock",
];

/** A text that changes whenever a file of the run does: names, sizes, times and file numbers. */
export async function nameVersion(directory: string): Promise<string> {
  const journal = await readdir(join(directory, "journal")).catch(() => []);
  const files = [...TABLES, ...journal.sort().map((name) => join("journal", name))];
  const states = await Promise.all(
    files.map(async (name) => {
      const found = await stat(join(directory, name)).catch(() => undefined);
      return found === undefined ? name : `${name} ${found.size} ${found.mtimeMs} ${found.ino}`;
    }),
  );
  return hashText(states.join("\n"), 16);
}

/**
 * Tries a read of files that another process may be replacing at this moment (a journal folded
 * into its table) until it succeeds; the last failure is thrown.
 */
export async function readWhileChanging<T>(read: () => Promise<T>, attempts = 4): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
}
