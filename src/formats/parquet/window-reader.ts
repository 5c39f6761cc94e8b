import { open } from "node:fs/promises";
import { MalformedParquet } from "./malformed.ts";

/** Reads ranges of a file for one column; neighbouring small ones cost one read of the disk. */
export interface Lane {
  /**
   * The bytes `position` … `position + length − 1`. In a lane of a flat column they hold until
   * the next call. Throws `MalformedParquet` past the end of the file.
   */
  read(position: number, length: number): Promise<Buffer>;
  /** Memory to decompress into; in a lane of a flat column it holds until the next call. */
  scratch(length: number): Buffer;
}

export interface WindowReader extends Lane, AsyncDisposable {
  /** Bytes of the file. */
  readonly size: number;
  /** Bytes read from the disk so far. */
  readonly bytesRead: number;
  /** A lane of its own, so that columns do not push each other out. `flat`: its memory may be used again and again. */
  lane(flat: boolean): Lane;
}

const WINDOW_BYTES = 2 ** 18;

/** Opens a file for reading ranges of it. */
export async function openWindowReader(file: string): Promise<WindowReader> {
  const handle = await open(file);
  const { size } = await handle.stat();
  let bytesRead = 0;

  async function fill(buffer: Buffer, position: number): Promise<void> {
    for (let filled = 0; filled < buffer.length; ) {
      const part = await handle.read(buffer, filled, buffer.length - filled, position + filled);
      if (part.bytesRead === 0) throw new MalformedParquet(`expected ${size} bytes; found the end of the file`);
      filled += part.bytesRead;
    }
    bytesRead += buffer.length;
  }

  function lane(flat: boolean): Lane {
    const allocate = flat ? createPool : () => (length: number) => Buffer.allocUnsafeSlow(length);
    const [windows, scratch] = [allocate(), allocate()];
    let start = 0;
    let window: Buffer = Buffer.alloc(0);
    return {
      scratch,
      async read(position, length) {
        if (position < 0 || length < 0 || position + length > size) {
          throw new MalformedParquet(`expected bytes up to ${position + length}; found a file of ${size}`);
        }
        if (position < start || position + length > start + window.length) {
          window = windows(Math.min(Math.max(length, WINDOW_BYTES), size - position));
          start = position;
          await fill(window, position);
        }
        return window.subarray(position - start, position - start + length);
      },
    };
  }

  return {
    size,
    get bytesRead() {
      return bytesRead;
    },
    lane,
    ...lane(false),
    [Symbol.asyncDispose]: async () => await handle.close(),
  };
}

/** Gives the same memory again where it is large enough: fresh pages cost more than reading into them. */
function createPool(): (length: number) => Buffer {
  let memory: Buffer = Buffer.alloc(0);
  return (length) => {
    if (memory.length < length) memory = Buffer.allocUnsafeSlow(length);
    return memory.subarray(0, length);
  };
}
