import { mkdir, open, rename, rm } from "node:fs/promises";
import path from "node:path";

/** A file that appears under its name only when it is whole. */
export interface TemporaryFile {
  /** Bytes written so far. */
  readonly size: number;
  write(bytes: Uint8Array): Promise<void>;
  /** Flushes to the disk and gives the file its name, in place of an older one. */
  commit(): Promise<void>;
  /** Removes it; does nothing after `commit`. */
  discard(): Promise<void>;
}

const BUFFER_BYTES = 2 ** 20;

/** Opens `file` for writing under a temporary name beside it, making folders; small writes are gathered. */
export async function openTemporaryFile(file: string): Promise<TemporaryFile> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.partial`);
  const handle = await open(temporary, "w");
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let size = 0;
  let done = false;
  const flush = async () => {
    if (pendingBytes > 0) await handle.writev(pending);
    pending = [];
    pendingBytes = 0;
  };
  return {
    get size() {
      return size;
    },
    async write(bytes) {
      if (bytes.length === 0) return;
      pending.push(bytes);
      pendingBytes += bytes.length;
      size += bytes.length;
      if (pendingBytes >= BUFFER_BYTES || pending.length >= 1000) await flush();
    },
    async commit() {
      await flush();
      await handle.sync();
      await handle.close();
      await rename(temporary, file);
      done = true;
    },
    async discard() {
      if (done) return;
      done = true;
      await handle.close().catch(() => undefined);
      await rm(temporary, { force: true });
    },
  };
}
