import { copyFile, link, mkdir, readdir, readFile, realpath, rm, stat, symlink } from "node:fs/promises";
import path from "node:path";
import { WinnowError } from "../errors.ts";
import { writeFileAtomically } from "../lib/write-file-atomically.ts";
import type { TreeFile } from "./tree.ts";

/**
 * The part of the hub's cache that one dataset has, in the layout of Hugging Face's own tools, so that
 * neither they nor Winnow download what the other has: `refs/` name commits, `trees/` list their files,
 * `blobs/` hold contents by hash, and `snapshots/` link to them under the files' names.
 */
export class RepoCache {
  readonly folder: string;
  readonly blobs: string;
  readonly #repo: string;

  constructor(cache: string, repo: string) {
    this.#repo = repo;
    this.folder = path.join(cache, `datasets--${repo.replace("/", "--")}`);
    this.blobs = path.join(this.folder, "blobs");
  }

  /** The commit that a revision was at when it was last asked for; absent: it never was. */
  async readRef(revision: string): Promise<string | undefined> {
    const commit = await readFile(path.join(this.folder, "refs", ...revision.split("/")), "utf8").catch(() => "");
    return isCommit(commit.trim()) ? commit.trim() : undefined;
  }

  async writeRef(revision: string, commit: string): Promise<void> {
    const file = path.join(this.folder, "refs", ...revision.split("/"));
    await mkdir(path.dirname(file), { recursive: true });
    await writeFileAtomically(file, commit);
  }

  /** The folder of a commit's files. */
  snapshot(commit: string): string {
    return path.join(this.folder, "snapshots", commit);
  }

  /** Where a file of a commit is, or would be. Throws for a path that could lead out of the commit's folder. */
  place(commit: string, name: string): string {
    if (isSafePath(name)) return path.join(this.snapshot(commit), ...name.split("/"));
    throw new WinnowError(
      "input",
      `hf://datasets/${this.#repo}: expected paths within the dataset; found the file ${JSON.stringify(name.slice(0, 120))}.`,
    );
  }

  /** Whether a file of a commit is there in full. */
  async has(commit: string, file: TreeFile): Promise<boolean> {
    const found = await stat(this.place(commit, file.path)).catch(() => undefined);
    return found?.isFile() === true && (file.size === undefined || found.size === file.size);
  }

  /** Puts a downloaded content under a file's name: a link, or where there are none, a second name or a copy. */
  async put(commit: string, file: TreeFile): Promise<void> {
    const place = this.place(commit, file.path);
    const blob = path.join(this.blobs, file.hash);
    await mkdir(path.dirname(place), { recursive: true });
    await rm(place, { force: true });
    const ways = [
      () => symlink(path.relative(path.dirname(place), blob), place),
      () => link(blob, place),
      () => copyFile(blob, place),
    ];
    for (const [index, make] of ways.entries()) {
      try {
        return await make();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return;
        if (index === ways.length - 1) throw error;
      }
    }
  }

  async hasBlob({ hash, size }: TreeFile): Promise<boolean> {
    const found = await stat(path.join(this.blobs, hash)).catch(() => undefined);
    return found !== undefined && (size === undefined || found.size === size);
  }

  /** The files of a commit that are there, for when nobody can be asked which there are; absent: there is none. */
  async listSnapshot(commit: string): Promise<readonly TreeFile[] | undefined> {
    const root = this.snapshot(commit);
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
    const files: TreeFile[] = [];
    for (const entry of entries.filter((one) => !one.isDirectory())) {
      const file = path.join(entry.parentPath, entry.name);
      const real = await realpath(file).catch(() => undefined);
      if (real === undefined) continue;
      const hash = HASH.test(path.basename(real)) ? path.basename(real) : "";
      files.push({ path: path.relative(root, file).split(path.sep).join("/"), size: (await stat(real)).size, hash });
    }
    return files.length === 0 ? undefined : files.sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}

/** Names of contents: SHA-256, or git's SHA-1. */
export const HASH: RegExp = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Whether a text is the name of a commit. */
export function isCommit(text: unknown): text is string {
  return typeof text === "string" && /^[0-9a-f]{40}$/.test(text);
}

/** A colon names a drive or a stream where there are such. */
const UNSAFE = process.platform === "win32" ? /[\\:\p{Cc}]/u : /[\\\p{Cc}]/u;

/** Whether a name from the hub stays within the folder it is joined to, on every system. */
function isSafePath(name: string): boolean {
  const parts = name.split("/");
  const fine = (part: string): boolean =>
    part !== "" && part !== "." && part !== ".." && Buffer.byteLength(part) <= 255 && !UNSAFE.test(part);
  return name.length <= 4096 && parts.every(fine);
}
