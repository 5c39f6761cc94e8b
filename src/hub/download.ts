import { mkdir } from "node:fs/promises";
import path from "node:path";
import { WinnowError } from "../errors.ts";
import { retryDelay } from "../lib/retry-delay.ts";
import type { HubTiming } from "./open-hub-fetch.ts";
import { PartialFile } from "./partial-file.ts";
import type { TreeFile } from "./tree.ts";

/** Told how transfers get on, in bytes. */
export interface TransferProgress {
  /** There is this much to do. */
  begin(bytes: number): void;
  /** So much more is done; negative where it has to be done again. */
  advance(bytes: number): void;
  end(): void;
}

/** What a download needs beside the file. */
export interface DownloadOptions {
  /** As `openHubFetch` gives it: every reply is good, or 416. */
  readonly fetch: typeof fetch;
  readonly timing: HubTiming;
  readonly progress: TransferProgress;
  readonly signal?: AbortSignal;
}

/** Connections that may break one after the other, with less than a MiB between them, before a download ends. */
const BREAKS = 6;
const ENOUGH = 2 ** 20;

/**
 * Downloads a file to `blobs/<hash>`. What came before a connection broke, or a process ended, is kept
 * and only the rest asked for; a content has its name once it is whole and its hash right. Throws
 * `HubError`, or `WinnowError("input")` when what comes is not what the hub lists.
 */
export async function downloadBlob(
  url: string,
  { path: name, hash, size = 0 }: TreeFile,
  blobs: string,
  options: DownloadOptions,
): Promise<void> {
  await mkdir(blobs, { recursive: true });
  const partial = await PartialFile.open(blobs, hash, size);
  options.progress.advance(partial.have);
  try {
    for (let wrong = 0; ; wrong += 1) {
      await fill(url, name, partial, size, options);
      const found = await partial.finish(path.join(blobs, hash));
      if (found === undefined) return;
      options.progress.advance(-size);
      if (wrong === 1) {
        throw new WinnowError(
          "input",
          `${name}: expected content with the hash ${hash}, as the hub lists; twice found ${found}. Try again later.`,
        );
      }
    }
  } finally {
    await partial.close();
  }
}

/** Asks for what is missing until all `size` bytes are there. */
async function fill(
  url: string,
  name: string,
  partial: PartialFile,
  size: number,
  options: DownloadOptions,
): Promise<void> {
  const { signal, timing } = options;
  for (let breaks = 0; partial.have < size; ) {
    signal?.throwIfAborted();
    const before = partial.have;
    const reason = await receive(url, name, partial, size, options);
    if (partial.have === size) return;
    breaks = partial.have - before >= ENOUGH ? 1 : breaks + 1;
    if (breaks === BREAKS) {
      throw new WinnowError(
        "input",
        `${name}: ${partial.have} of ${size} bytes came, then the download broke off ${BREAKS} times (${reason}); ` +
          "the same command goes on there.",
      );
    }
    await timing.clock.sleep(retryDelay(breaks, timing.random), signal);
  }
}

/** One request for what is missing. Returns why no more came. */
async function receive(
  url: string,
  name: string,
  partial: PartialFile,
  size: number,
  { fetch, progress, signal }: DownloadOptions,
): Promise<string> {
  const headers: Record<string, string> = partial.have === 0 ? {} : { range: `bytes=${partial.have}-` };
  const reply = await fetch(url, { headers, ...(signal && { signal }) });
  const start = startOf(reply);
  if (start !== partial.have) {
    // The server knows no ranges, or not this one: all of it has to come again.
    progress.advance(-partial.have);
    await partial.restart();
  }
  if (start !== partial.have) {
    await reply.body?.cancel();
    return `status ${reply.status}`;
  }
  const body = reply.body?.getReader();
  try {
    for (;;) {
      const next = await body?.read().catch((error: Error) => error);
      if (next instanceof Error) {
        signal?.throwIfAborted();
        return (next.cause as NodeJS.ErrnoException | undefined)?.code ?? next.message;
      }
      if (next === undefined || next.done) return "the connection was closed";
      if (partial.have + next.value.length > size) {
        throw new WinnowError(
          "input",
          `${name}: expected ${size} bytes, as the hub lists; more came. Try again later.`,
        );
      }
      await partial.append(next.value);
      progress.advance(next.value.length);
    }
  } finally {
    await body?.cancel().catch(() => undefined);
  }
}

/** Where in the file a reply begins; absent when it holds no part of it. */
function startOf(reply: Response): number | undefined {
  if (reply.status === 200) return 0;
  const range = reply.status === 206 ? /^bytes (\d+)-/.exec(reply.headers.get("content-range") ?? "") : null;
  return range === null ? undefined : Number(range[1]);
}
