import { open } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { promisify } from "node:util";
import { createGunzip, gzip as gzipBlock } from "node:zlib";
import { WinnowError } from "../errors.ts";
import { openTemporaryFile, type TemporaryFile } from "../lib/open-temporary-file.ts";
import { readChunks } from "../lib/read-chunks.ts";
import type { NamedFile } from "./subset-target.ts";
import { checkWindows, MAX_WINDOW, WindowTooLarge } from "./zstd-windows.ts";

/** A way to compress a stream. What `pack` makes of several blocks stands one after the other: members of gzip, frames of zstd. */
interface Compression {
  readonly name: string;
  readonly magic: readonly number[];
  pack(block: Uint8Array): Promise<Uint8Array>;
  unpack(chunks: AsyncGenerator<Buffer>): AsyncIterable<Buffer>;
}

/** Bytes that are compressed at a time. */
const BLOCK_BYTES = 4 * 2 ** 20;
/** Bytes that are unpacked at a time: zstd makes of four bytes 128 KiB at most, so these hold 128 MiB. */
const ZSTD_SLICE = 2 ** 12;

const COMPRESSIONS: readonly Compression[] = [
  { name: "gzip", magic: [0x1f, 0x8b], pack: promisify(gzipBlock) as Compression["pack"], unpack: unpackGzip },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], pack: packZstd, unpack: unpackZstd },
];

/** Name endings of compressed files, of each of these endings. */
export function withCompressed(extensions: readonly string[]): readonly string[] {
  return extensions.flatMap((extension) => [extension, `${extension}.gz`, `${extension}.zst`]);
}

/** A file's name as it would be uncompressed. */
export function uncompressedName(name: string): string {
  return name.replace(/\.(gz|zst)$/i, "");
}

/** Whether a file starts as a compressed one does, whatever its name says. */
export async function isCompressed(file: string): Promise<boolean> {
  return (await findCompression(file)) !== undefined;
}

/**
 * A file's bytes in pieces, unpacked when they start like gzip or zstd, whatever the name says;
 * never more than one piece is held. Throws `WinnowError("input")` naming the file when it is damaged,
 * or when unpacking it would take more memory than zstd's own window limit.
 */
export async function* readUnpacked({ file, name }: NamedFile): AsyncGenerator<Buffer> {
  const compression = await findCompression(file);
  if (compression === undefined) {
    yield* readChunks(file);
    return;
  }
  try {
    yield* compression.unpack(readChunks(file));
  } catch (error) {
    if (error instanceof WindowTooLarge) {
      throw new WinnowError(
        "input",
        `${name}: expected a zstd window of at most ${MAX_WINDOW / 2 ** 20} MiB, which has to be held to unpack it; found ${error.message}. Compress it again without --long and --ultra.`,
        { cause: error },
      );
    }
    const reason = (error as Error).message;
    throw new WinnowError("input", `${name}: expected ${compression.name} data; it is damaged (${reason}).`, {
      cause: error,
    });
  }
}

/** Opens `target` for writing under a temporary name, compressed as `source` is; its size is that on disk. */
export async function openTemporaryLike(source: string, target: string): Promise<TemporaryFile> {
  const compression = await findCompression(source);
  const sink = await openTemporaryFile(target);
  if (compression === undefined) return sink;
  let block: Uint8Array[] = [];
  let length = 0;
  const flush = async () => {
    const packed = await compression.pack(Buffer.concat(block));
    block = [];
    length = 0;
    await sink.write(packed);
  };
  return {
    get size() {
      return sink.size;
    },
    async write(bytes) {
      block.push(bytes);
      length += bytes.length;
      if (length >= BLOCK_BYTES) await flush();
    },
    async commit() {
      if (length > 0 || sink.size === 0) await flush();
      await sink.commit();
    },
    discard: () => sink.discard(),
  };
}

async function findCompression(file: string): Promise<Compression | undefined> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    const head = buffer.subarray(0, bytesRead);
    return COMPRESSIONS.find(({ magic }) => head.subarray(0, magic.length).equals(Buffer.from(magic)));
  } finally {
    await handle.close();
  }
}

function unpackGzip(chunks: AsyncGenerator<Buffer>): AsyncIterable<Buffer> {
  return pipeline(Readable.from(chunks), createGunzip({ chunkSize: 2 ** 20 }), () => undefined);
}

async function* unpackZstd(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const { Decompress } = await import("fzstd");
  let ready: Buffer[] = [];
  const zstd = new Decompress((data) => ready.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
  const take = (slice: Uint8Array, final: boolean) => {
    ready = [];
    zstd.push(slice, final);
    return ready;
  };
  for await (const chunk of checkWindows(chunks)) {
    for (let at = 0; at < chunk.length; at += ZSTD_SLICE) yield* take(chunk.subarray(at, at + ZSTD_SLICE), false);
  }
  yield* take(new Uint8Array(0), true);
}

async function packZstd(block: Uint8Array): Promise<Uint8Array> {
  const { Zstd } = await import("@hpcc-js/wasm-zstd");
  return (await Zstd.load()).compress(block);
}
