import { MalformedParquet } from "./malformed.ts";

/**
 * Decompresses a raw Snappy block into `output`, which it fills. Source:
 * https://github.com/google/snappy/blob/main/format_description.txt
 */
export function decompressSnappy(input: Uint8Array, output: Buffer): Buffer {
  const { length } = output;
  const source = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  let at = source.findIndex((byte) => byte < 128) + 1;
  let filled = 0;
  const need = (isSound: boolean) => {
    if (!isSound) throw new MalformedParquet(`expected ${length} bytes of Snappy data; found a fault at byte ${at}`);
  };
  while (at < source.length) {
    const { kind, size, offset, next } = readElement(source, at);
    need(next <= source.length && filled + size <= length);
    if (kind === "literal") {
      need(next + size <= source.length);
      source.copy(output, filled, next, next + size);
      at = next + size;
    } else {
      need(offset > 0 && offset <= filled);
      copyBack(output, filled, offset, size);
      at = next;
    }
    filled += size;
  }
  need(filled === length);
  return output;
}

interface Element {
  readonly kind: "literal" | "copy";
  /** Bytes that it gives. */
  readonly size: number;
  /** How far back a copy starts. */
  readonly offset: number;
  /** Offset after its tag. */
  readonly next: number;
}

function readElement(source: Buffer, at: number): Element {
  const tag = source[at] as number;
  const short = tag >> 2;
  const number = (bytes: number) => (at + 1 + bytes <= source.length ? source.readUIntLE(at + 1, bytes) : 0);
  if ((tag & 3) === 0) {
    const extra = short < 60 ? 0 : short - 59;
    return { kind: "literal", size: (extra === 0 ? short : number(extra)) + 1, offset: 0, next: at + 1 + extra };
  }
  if ((tag & 3) === 1)
    return { kind: "copy", size: (short & 7) + 4, offset: ((tag >> 5) << 8) | number(1), next: at + 2 };
  const extra = (tag & 3) === 2 ? 2 : 4;
  return { kind: "copy", size: short + 1, offset: number(extra), next: at + 1 + extra };
}

/** Repeats what stands `offset` bytes before; the two may overlap. */
function copyBack(output: Buffer, at: number, offset: number, size: number): void {
  if (offset >= size) output.copyWithin(at, at - offset, at - offset + size);
  else for (let index = at; index < at + size; index++) output[index] = output[index - offset] as number;
}
