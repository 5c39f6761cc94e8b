import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { WinnowError } from "../errors.ts";
import { AttentionTable } from "./attention-table.ts";
import { type Database, openDatabase } from "./database.ts";
import { dropTornLines, Journal } from "./journal.ts";
import { RolloutTable } from "./rollout-table.ts";
import { lockRun } from "./run-lock.ts";

/** A run directory held by this process: its lock, its journal and its tables. */
export class RunDirectory implements AsyncDisposable {
  readonly path: string;
  readonly database: Database;
  readonly rollouts: RolloutTable;
  readonly attention: AttentionTable;
  readonly #lock: AsyncDisposable;
  readonly #writer: string;
  #journal: Journal | undefined;
  #parts = 0;

  constructor(path: string, database: Database, lock: AsyncDisposable, writer: string) {
    this.path = path;
    this.database = database;
    this.rollouts = new RolloutTable(database, path);
    this.attention = new AttentionTable(database, path);
    this.#lock = lock;
    this.#writer = writer;
  }

  /** The path of one of the run's own files. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** Where finished work goes before anything else happens with it. */
  get journal(): Journal {
    if (this.#journal === undefined) {
      this.#parts += 1;
      this.#journal = new Journal(this.file("journal"), `${this.#writer}-${this.#parts}`);
    }
    return this.#journal;
  }

  /** Folds finished work into the Parquet tables. */
  async seal(): Promise<void> {
    this.#journal?.[Symbol.dispose]();
    this.#journal = undefined;
    await this.rollouts.seal();
    await this.attention.seal();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#journal?.[Symbol.dispose]();
    this.#journal = undefined;
    this.database[Symbol.dispose]();
    await rm(this.file("spill.tmp"), { recursive: true, force: true });
    await this.#lock[Symbol.asyncDispose]();
  }
}

/**
 * Opens a run directory for this process alone, making it when there is none. Whatever a
 * killed process left half-written is cleared away: torn journal lines and temporary files.
 * `startedAt`: milliseconds since 1970, part of the names of this process's journals.
 */
export async function openRunDirectory(path: string, startedAt: number): Promise<RunDirectory> {
  try {
    await mkdir(join(path, "journal"), { recursive: true });
  } catch (error) {
    throw describeFolderError(path, error as NodeJS.ErrnoException);
  }
  let lock: AsyncDisposable;
  try {
    lock = await lockRun(path);
  } catch (error) {
    throw describeFolderError(path, error as NodeJS.ErrnoException);
  }
  try {
    for (const name of await readdir(path)) {
      if (name.endsWith(".tmp")) await rm(join(path, name), { recursive: true, force: true });
    }
    await dropTornLines(join(path, "journal"));
    const writer = `${new Date(startedAt).toISOString().replace(/[:.]/g, "")}-${process.pid}`;
    return new RunDirectory(path, await openDatabase(join(path, "spill.tmp")), lock, writer);
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

function describeFolderError(path: string, error: NodeJS.ErrnoException): Error {
  if (error instanceof WinnowError) return error;
  const reasons: Record<string, string> = {
    EACCES: "this user may not write there",
    EPERM: "this user may not write there",
    EROFS: "the file system is read-only",
    ENOENT: "it cannot be made there; the file system may be read-only",
    ENOSPC: "the disk is full",
    ENOTDIR: "part of the path is a file",
    EEXIST: "it is a file, not a folder",
  };
  const reason = reasons[error.code ?? ""] ?? error.message;
  return new WinnowError("run", `Cannot use ${path} as a run directory: ${reason}. Choose another with --out.`, {
    cause: error,
  });
}
