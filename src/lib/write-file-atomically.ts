import { open, rename } from "node:fs/promises";

/** Writes a whole file so that a reader, and a crash, sees the old content or the new one: temporary, fsync, rename. */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
