import { hashText } from "./hash-text.ts";

const SEED_BYTES = 16;

/**
 * The random stream of a name: every call gives the next uniform number in [0, 1), with 53 random
 * bits. The same name gives the same stream on every machine. sfc32 (C. Doty-Humphrey,
 * PractRand), its 128 bits of state seeded with the first half of the name's SHA-256.
 */
export function randomStream(name: string): () => number {
  const seed = hashText(name, 2 * SEED_BYTES);
  let [a, b, c, counter] = readInt32s(seed) as [number, number, number, number];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  return () => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
}

/** Bytes in hex as 32-bit whole numbers, little endian. */
function readInt32s(hex: string): number[] {
  const bytes = Uint8Array.from({ length: hex.length / 2 }, (_, at) =>
    Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16),
  );
  const view = new DataView(bytes.buffer);
  return Array.from({ length: bytes.length / 4 }, (_, at) => view.getInt32(4 * at, true));
}
