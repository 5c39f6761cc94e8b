import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, readdir, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";

/** Host and process, by which what a process that is gone left is told from what is being written. */
const OWN = `${hostname()
  .replace(/[^\w-]/g, "-")
  .slice(0, 60)}-${process.pid}`;
const PIECE = 2 ** 20;

/** A content that is coming in: what is there of it, hashed as far as it goes. */
export class PartialFile {
  readonly #file: string;
  readonly #handle: FileHandle;
  readonly #expected: string;
  readonly #size: number;
  #hash: Hash;
  #have = 0;

  private constructor(file: string, handle: FileHandle, expected: string, size: number) {
    this.#file = file;
    this.#handle = handle;
    this.#expected = expected;
    this.#size = size;
    this.#hash = newHash(expected, size);
  }

  /** Opens what this process, or one on this machine that is gone, has of the content with the hash `expected`. */
  static async open(folder: string, expected: string, size: number): Promise<PartialFile> {
    const file = path.join(folder, `${expected}.${OWN}.partial`);
    await adopt(folder, expected, file);
    const partial = new PartialFile(file, await open(file, "a+"), expected, size);
    await partial.#readBack();
    return partial;
  }

  /** Bytes that are there. */
  get have(): number {
    return this.#have;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#handle.write(bytes);
    this.#hash.update(bytes);
    this.#have += bytes.length;
  }

  async restart(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = newHash(this.#expected, this.#size);
    this.#have = 0;
  }

  /** Gives a content with the right hash the name `target`. Returns the hash it has instead, and keeps nothing of it. */
  async finish(target: string): Promise<string | undefined> {
    const found = this.#hash.digest("hex");
    if (found !== this.#expected) {
      await this.restart();
      return found;
    }
    await this.#handle.sync();
    await rename(this.#file, target);
    return undefined;
  }

  /** Leaves what there is for a later try. */
  async close(): Promise<void> {
    await this.#handle.close();
    if (this.#have === 0) await rm(this.#file, { force: true });
  }

  async #readBack(): Promise<void> {
    const { size } = await this.#handle.stat();
    if (size > this.#size) return await this.restart();
    while (this.#have < size) {
      const { buffer, bytesRead } = await this.#handle.read(Buffer.allocUnsafe(PIECE), 0, PIECE, this.#have);
      if (bytesRead === 0) break;
      this.#hash.update(buffer.subarray(0, bytesRead));
      this.#have += bytesRead;
    }
  }
}

/** SHA-256 of the content, or git's SHA-1 of a blob, which covers its size too. */
function newHash(expected: string, size: number): Hash {
  return expected.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
}

/** Takes over one file that a process which is gone left unfinished. */
async function adopt(folder: string, expected: string, own: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.startsWith(`${expected}.`) && name.endsWith(".partial"));
  if (left.includes(path.basename(own))) return;
  for (const name of left) {
    const [, host, pid] = /\.([\w-]+)-(\d+)\.partial$/.exec(name) ?? [];
    if (!OWN.startsWith(`${host}-`) || isAlive(Number(pid))) continue;
    // Whoever renames it first has it.
    const taken = await rename(path.join(folder, name), own).then(
      () => true,
      () => false,
    );
    if (taken) return;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
