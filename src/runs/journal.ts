import { closeSync, existsSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Attention, Grade, Rollout } from "../records.ts";

/** What a journal line holds, by kind; each kind has files of its own. */
export interface JournalLines {
  rollouts: Rollout & { readonly settings: string };
  grades: Grade & {
    readonly settings: string;
    readonly sampleId: string;
    readonly arm: string;
    readonly index: number;
    readonly grader: string;
  };
  attention: Attention & { readonly settings: string };
  refused: { readonly settings: string; readonly sampleId: string; readonly reason: string };
}
export type JournalKind = keyof JournalLines;

/** How long a line may be on its way to the disk itself; a killed process loses nothing either way. */
const SYNC_INTERVAL_MS = 1000;

/**
 * Append-only JSON lines, one file per kind and writer. A line is handed to the operating
 * system before `append` returns, so a killed process loses none; power failure can cost the
 * last second. Files are created on the first line.
 */
export class Journal implements Disposable {
  readonly #directory: string;
  readonly #writer: string;
  readonly #files = new Map<JournalKind, { fd: number; synced: number }>();

  /** `writer` must be new: no two writers, and no two runs of one, share a file. */
  constructor(directory: string, writer: string) {
    this.#directory = directory;
    this.#writer = writer;
  }

  append<K extends JournalKind>(kind: K, lines: readonly JournalLines[K][]): void {
    if (lines.length === 0) return;
    let file = this.#files.get(kind);
    if (file === undefined) {
      file = { fd: openSync(join(this.#directory, `${kind}-${this.#writer}.jsonl`), "ax"), synced: performance.now() };
      this.#files.set(kind, file);
    }
    const bytes = Buffer.from(lines.map((line) => `${toJsonLine(line)}\n`).join(""));
    for (let written = 0; written < bytes.length; ) written += writeSync(file.fd, bytes, written);
    if (performance.now() - file.synced > SYNC_INTERVAL_MS) {
      fdatasyncSync(file.fd);
      file.synced = performance.now();
    }
  }

  /** Syncs and closes one kind's file; a later `append` of that kind needs a new journal. */
  [Symbol.dispose](): void {
    for (const { fd } of this.#files.values()) {
      try {
        fdatasyncSync(fd);
      } finally {
        closeSync(fd);
      }
    }
    this.#files.clear();
  }
}

/** The journal files of one kind, sorted by name. */
export async function journalFiles(directory: string, kind: JournalKind): Promise<string[]> {
  // Copies of a finished run may come without the folder, which is empty then.
  const names = existsSync(directory) ? await readdir(directory) : [];
  return names
    .filter((name) => name.startsWith(`${kind}-`) && name.endsWith(".jsonl"))
    .sort()
    .map((name) => join(directory, name));
}

/** Cuts a torn last line off every journal file: what a killed writer, or a full disk, left behind. */
export async function dropTornLines(directory: string): Promise<number> {
  let dropped = 0;
  for (const name of await readdir(directory)) {
    if (!name.endsWith(".jsonl")) continue;
    const file = await open(join(directory, name), "r+");
    try {
      const { size } = await file.stat();
      const end = await lastNewline(file, size);
      if (end === size) continue;
      await file.truncate(end);
      await file.sync();
      dropped += 1;
    } finally {
      await file.close();
    }
  }
  return dropped;
}

/** Offset just past the last newline, 0 when there is none. */
async function lastNewline(file: Awaited<ReturnType<typeof open>>, size: number): Promise<number> {
  const block = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    const found = block.subarray(0, bytesRead).lastIndexOf(10);
    if (found >= 0) return start + found + 1;
    end = start;
  }
  return 0;
}

/** JSON has no −∞ and no lone surrogates; both occur (a zero attention, a model cut off inside a character). */
function toJsonLine(line: object): string {
  return JSON.stringify(line, (_key, value: unknown) => {
    if (value === Number.NEGATIVE_INFINITY) return "-Infinity";
    return typeof value === "string" ? value.toWellFormed() : value;
  });
}
