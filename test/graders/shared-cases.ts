import { existsSync, readFileSync } from "node:fs";

/** Rows of a JSON-lines file beside the repository, or `undefined`, said aloud, when it is not there. */
export function readShared<T>(path: string): readonly T[] | undefined {
  const file = `../shared/${path}`;
  if (!existsSync(file)) {
    console.info(`${file} is absent: nothing to check here.`);
    return undefined;
  }
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}
