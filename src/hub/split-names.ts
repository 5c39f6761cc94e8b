/** Names by which the splits are told, as `datasets` has them (`data_files.py`, `SPLIT_KEYWORDS`). */
const KEYWORDS: Readonly<Record<string, string>> = {
  train: "train|training",
  validation: "validation|valid|dev|val",
  test: "test|testing|eval|evaluation",
};
const SHARD = /^data\/([^/]*)-\d{5}-of-\d{5}[^/]*\.[^/]*$/;

/**
 * The splits of a dataset whose card says nothing of its files, by their names, in the order of
 * `datasets`: shards `data/<split>-00000-of-00002.*`, else folders named after a split, else files, else
 * all of them are `train` (huggingface/datasets, `src/datasets/data_files.py`, `_get_data_files_patterns`).
 */
export function groupBySplit(paths: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const shards = new Map<string, string[]>();
  for (const path of paths) {
    const split = SHARD.exec(path)?.[1];
    if (split === undefined) continue;
    const files = shards.get(split);
    if (files === undefined) shards.set(split, [path]);
    else files.push(path);
  }
  if (shards.size > 0) return new Map([...shards].sort(([a], [b]) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1)));
  for (const test of [isInFolder, isFile]) {
    const found = Object.entries(KEYWORDS)
      .map(([split, words]) => [split, paths.filter((path) => test(path, words))] as const)
      .filter(([, files]) => files.length > 0);
    if (found.length > 0) return new Map(found);
  }
  return new Map(paths.length === 0 ? [] : [["train", paths]]);
}

function isInFolder(path: string, words: string): boolean {
  const folder = new RegExp(`(?:^|[-._ 0-9])(?:${words})(?:[-._ 0-9]|$)`);
  return path
    .split("/")
    .slice(0, -1)
    .some((part) => folder.test(part));
}

function isFile(path: string, words: string): boolean {
  return new RegExp(`(?:^|[-._ 0-9])(?:${words})[-._ 0-9]`).test(path.slice(path.lastIndexOf("/") + 1));
}

function rankOf(split: string): number {
  const rank = Object.keys(KEYWORDS).indexOf(split);
  return rank === -1 ? 99 : rank;
}
