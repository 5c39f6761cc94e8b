import { createHash } from "node:crypto";

/**
 * The random stream of a name: every call gives the next uniform number in [0, 1), with 53 random
 * bits. The same name gives the same stream on every machine. sfc32 (C. Doty-Humphrey,
 * PractRand), its 128 bits of state seeded with the first half of the name's SHA-256.
 */
export function randomStream(name: string): () => number {
  const seed = createHash("sha256").update(name).digest();
  let a = seed.readInt32LE(0);
  let b = seed.readInt32LE(4);
  let c = seed.readInt32LE(8);
  let counter = seed.readInt32LE(12);
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
