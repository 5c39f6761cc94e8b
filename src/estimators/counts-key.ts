/** Counts of rollouts and of choices stay below this. */
const RADIX = 1024;

/** A number that names up to five counts, each in [0, 1024): a key that costs no text, small for few counts. */
export function countsKey(a: number, b: number, c = 0, d = 0, e = 0): number {
  return a + RADIX * (b + RADIX * (c + RADIX * (d + RADIX * e)));
}
