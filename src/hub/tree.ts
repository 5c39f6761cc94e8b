import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { WinnowError } from "../errors.ts";
import { writeFileAtomically } from "../lib/write-file-atomically.ts";
import { HASH, isCommit, type RepoCache } from "./cache.ts";
import { loadHubLibrary } from "./load-hub-library.ts";

/** A file of a dataset on the hub, at one commit. */
export interface TreeFile {
  /** As the hub says it, with `/`; nothing to be trusted. */
  readonly path: string;
  /** Bytes; absent: not known. */
  readonly size?: number;
  /** SHA-256 of the content (64 hex digits), or of a small file git's SHA-1 (40), which names it in the cache; empty: not known. */
  readonly hash: string;
}

/** As Hugging Face's own tools keep it beside what they downloaded. */
interface StoredTree {
  readonly format_version: number;
  readonly files: Readonly<Record<string, { size: number; blob_id: string; lfs_sha256?: string; lfs_size?: number }>>;
}

/**
 * The files of a commit, sorted by path: from the cache, where a listing never grows old, else from the
 * hub, page by page. Throws `HubError`, or `WinnowError("input")` when what comes is no listing.
 */
export async function listTree(
  cache: RepoCache,
  commit: string,
  hub: { readonly repo: string; readonly endpoint: string; readonly fetch: typeof fetch },
): Promise<readonly TreeFile[]> {
  const stored = await readStoredTree(cache, commit);
  if (stored !== undefined) return stored;
  const { listFiles } = await loadHubLibrary();
  const files: StoredTree["files"] = {};
  const kept = files as Record<string, StoredTree["files"][string]>;
  const repo = { type: "dataset", name: hub.repo } as const;
  const entries = listFiles({ repo, revision: commit, recursive: true, hubUrl: hub.endpoint, fetch: hub.fetch });
  for await (const { type, path: name, size, oid = "", lfs } of entries) {
    if (type === "directory") continue;
    kept[name] = { size, blob_id: oid, ...(lfs && { lfs_sha256: lfs.oid, lfs_size: lfs.size }) };
  }
  const tree: StoredTree = { format_version: 1, files };
  const listed = toFiles(tree, hub.repo);
  await mkdir(path.dirname(storedAt(cache, commit)), { recursive: true });
  await writeFileAtomically(storedAt(cache, commit), JSON.stringify(tree));
  return listed;
}

/** The files of a commit as far as the cache alone knows them; absent: it knows none. */
export async function readCachedTree(cache: RepoCache, commit: string): Promise<readonly TreeFile[] | undefined> {
  const stored = await readStoredTree(cache, commit);
  if (stored !== undefined) return stored;
  return await cache.listSnapshot(commit);
}

function storedAt(cache: RepoCache, commit: string): string {
  return path.join(cache.folder, "trees", `${commit}.json`);
}

async function readStoredTree(cache: RepoCache, commit: string): Promise<readonly TreeFile[] | undefined> {
  if (!isCommit(commit)) return undefined;
  const text = await readFile(storedAt(cache, commit), "utf8").catch(() => undefined);
  try {
    const tree = text === undefined ? undefined : (JSON.parse(text) as StoredTree);
    return tree?.format_version === 1 ? toFiles(tree, "the cache") : undefined;
  } catch {
    // A listing that cannot be read is asked for again.
    return undefined;
  }
}

function toFiles({ files }: StoredTree, where: string): readonly TreeFile[] {
  return Object.entries(files)
    .map(([name, { size, blob_id, lfs_sha256, lfs_size }]) => {
      const hash = lfs_sha256 ?? blob_id;
      const bytes = lfs_size ?? size;
      if (HASH.test(hash) && Number.isSafeInteger(bytes) && bytes >= 0) {
        return { path: name, size: bytes, hash };
      }
      throw new WinnowError(
        "input",
        `${where}: expected every file with size and hash; found ${JSON.stringify(name)}.`,
      );
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
