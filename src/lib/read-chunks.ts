import { open } from "node:fs/promises";

/** A file's bytes from its start, in pieces of at most 1 MiB, each in memory of its own. */
export async function* readChunks(file: string): AsyncGenerator<Buffer> {
  const handle = await open(file);
  try {
    for (;;) {
      const buffer = Buffer.allocUnsafe(2 ** 20);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
