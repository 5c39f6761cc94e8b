/** Bytes of a zstd frame's window at most, which a decoder has to hold: what `zstd -d` allows without `--long`. */
export const MAX_WINDOW = 2 ** 27;

/** A frame asks its decoder to hold more than `MAX_WINDOW`. */
export class WindowTooLarge extends Error {
  /** In bytes. */
  readonly window: number;
  override readonly name = "WindowTooLarge";

  constructor(window: number) {
    super(`a window of ${Math.ceil(window / 2 ** 20)} MiB`);
    this.window = window;
  }
}

const FRAME = 0xfd2fb528;
/** Magic numbers of skippable frames, their last four bits aside. */
const SKIPPABLE = 0x184d2a5;
const HEADER_BYTES = 18;

/**
 * Passes the pieces of a zstd stream on, following its frames and blocks (RFC 8878, section 3.1)
 * without unpacking any. Throws `WindowTooLarge` before the first byte of a frame that asks for
 * too much memory is passed on; what is no zstd is left for the decoder to name.
 */
export async function* checkWindows(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const walker = new FrameWalker();
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const known = walker.follow(held, false);
    yield held.subarray(0, known);
    held = held.subarray(known);
  }
  walker.follow(held, true);
  yield held;
}

class FrameWalker {
  /** Bytes of the block, check sum or skippable frame at hand that are still to come. */
  #skip = 0;
  #inFrame = false;
  #checksum = 0;
  #lost = false;

  /** How many of the bytes are understood; the rest is the start of something that needs more. */
  follow(bytes: Buffer, final: boolean): number {
    let at = 0;
    for (;;) {
      const skipped = Math.min(this.#skip, bytes.length - at);
      this.#skip -= skipped;
      at += skipped;
      if (this.#lost) return bytes.length;
      if (this.#skip > 0 || at === bytes.length) return at;
      const used = this.#inFrame ? this.#readBlock(bytes.subarray(at)) : this.#readFrame(bytes.subarray(at), final);
      if (used === 0) return at;
      at += used;
    }
  }

  #readBlock(bytes: Buffer): number {
    if (bytes.length < 3) return 0;
    const header = bytes.readUIntLE(0, 3);
    const isRunLength = ((header >> 1) & 3) === 1;
    this.#skip = isRunLength ? 1 : header >> 3;
    if ((header & 1) === 1) {
      this.#skip += this.#checksum;
      this.#inFrame = false;
    }
    return 3;
  }

  /** The size of the header of the frame that starts here; 0 when there are too few bytes to tell. */
  #readFrame(bytes: Buffer, final: boolean): number {
    if (bytes.length < HEADER_BYTES && !final) return 0;
    const magic = bytes.length < 8 ? 0 : bytes.readUInt32LE(0);
    if (magic >>> 4 === SKIPPABLE) {
      this.#skip = bytes.readUInt32LE(4);
      return 8;
    }
    if (magic !== FRAME) {
      this.#lost = true;
      return 0;
    }
    const descriptor = bytes[4] as number;
    const singleSegment = (descriptor >> 5) & 1;
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number;
    const sizeCode = descriptor >> 6;
    const sizeBytes = sizeCode === 0 ? singleSegment : 2 ** sizeCode;
    const sizeAt = 6 - singleSegment + dictionaryBytes;
    const padded = Buffer.concat([bytes.subarray(0, HEADER_BYTES), Buffer.alloc(HEADER_BYTES)]);
    const window = singleSegment === 1 ? readSize(padded, sizeAt, sizeBytes) : readWindow(padded[5] as number);
    if (window > MAX_WINDOW) throw new WindowTooLarge(window);
    this.#checksum = ((descriptor >> 2) & 1) * 4;
    this.#inFrame = true;
    return Math.min(bytes.length, sizeAt + sizeBytes);
  }
}

/** A frame's content size, of 1, 2, 4 or 8 bytes; one of two bytes counts from 256. */
function readSize(bytes: Buffer, at: number, length: number): number {
  if (length === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, length) + (length === 2 ? 256 : 0);
}

function readWindow(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}
