import { createHash, type Hash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import type { NamedFile } from "./subset-target.ts";

const WHOLE_BYTES = 64 * 2 ** 20;
const EDGE_BYTES = 2 ** 20;
const SAMPLE_BYTES = 2 ** 16;
const SAMPLES = 64;

/** One hash over the names, sizes and content hashes of files, in their order: 32 hex digits. */
export function combineFingerprints(files: readonly { name: string; size: number; hash: string }[]): string {
  const list = JSON.stringify(files.map(({ name, size, hash }) => [name, size, hash]));
  return createHash("sha256").update(list).digest("hex").slice(0, 32);
}

/**
 * A file's size and content hash. Up to 64 MiB it is SHA-256 of all bytes. Of a larger file it
 * covers the first and last MiB (a Parquet footer included), 64 pieces of 64 KiB evenly spread,
 * and the time of its last change, so that opening a terabyte costs milliseconds; touching such
 * a file therefore changes its fingerprint.
 */
export async function fingerprintFile({ file }: NamedFile): Promise<{ size: number; hash: string }> {
  const { size, mtimeMs } = await stat(file);
  const hash = createHash("sha256");
  const handle = await open(file);
  const add = (position: number, length: number) => addRange(hash, handle, position, Math.min(length, size - position));
  try {
    if (size <= WHOLE_BYTES) {
      for (let at = 0; at < size; at += EDGE_BYTES) await add(at, EDGE_BYTES);
    } else {
      hash.update(`sampled ${mtimeMs}`);
      await add(0, EDGE_BYTES);
      for (let piece = 1; piece <= SAMPLES; piece++)
        await add(Math.floor((size * piece) / (SAMPLES + 1)), SAMPLE_BYTES);
      await add(size - EDGE_BYTES, EDGE_BYTES);
    }
  } finally {
    await handle.close();
  }
  return { size, hash: hash.digest("hex") };
}

type Handle = Awaited<ReturnType<typeof open>>;

async function addRange(hash: Hash, handle: Handle, position: number, length: number): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
  hash.update(buffer.subarray(0, bytesRead));
}
