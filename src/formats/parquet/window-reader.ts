import { open } from "node:fs/promises";
import { MalformedParquet } from "./malformed.ts";

/** Reads ranges of a file; neighbouring small ones cost one read of the disk. */
export interface WindowReader extends AsyncDisposable {
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes read from the disk so far. */
  readonly bytesRead: number;
  /** The bytes `position` … `position + length − 1`, to be left unchanged. Throws `MalformedParquet` past the end. */
  read(position: number, length: number): Promise<Buffer>;
}

const WINDOW_BYTES = 2 ** 18;

/** Opens a file for reading ranges of it. One window per `lane`, so that columns do not push each other out. */
export async function openWindowReader(file: string): Promise<WindowReader & { lane(): WindowReader }> {
  const handle = await open(file);
  const { size } = await handle.stat();
  let bytesRead = 0;
  const lane = (): WindowReader => {
    let start = 0;
    let window = Buffer.alloc(0);
    return {
      size,
      get bytesRead() {
        return bytesRead;
      },
      async read(position, length) {
        if (position + length > size)
          throw new MalformedParquet(`expected bytes up to ${position + length}; found the end of the file at ${size}`);
        if (position < start || position + length > start + window.length) {
          const wanted = Math.min(Math.max(length, WINDOW_BYTES), size - position);
          const buffer = Buffer.allocUnsafeSlow(wanted);
          let filled = 0;
          while (filled < wanted) {
            const part = await handle.read(buffer, filled, wanted - filled, position + filled);
            if (part.bytesRead === 0)
              throw new MalformedParquet(`expected ${size} bytes; found the end of the file at ${position + filled}`);
            filled += part.bytesRead;
          }
          bytesRead += wanted;
          start = position;
          window = buffer;
        }
        return window.subarray(position - start, position - start + length);
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  };
  const main = lane();
  return Object.assign(main, { lane, [Symbol.asyncDispose]: async () => await handle.close() });
}
