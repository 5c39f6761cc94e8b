import { hashText } from "../lib/hash-text.ts";
import { remember } from "../lib/remember.ts";

/** Compares two sample ids; negative: the first one goes first. */
export type TieOrder = (a: string, b: string) => number;

/**
 * The order among equals: a seeded hash of the sample's id, so that it depends neither on the
 * order of rows nor on anything the ids themselves may follow. Hashes are kept for reuse.
 */
export function newTieOrder(seed: number): TieOrder {
  const hashes = new Map<string, string>();
  const hashOf = (id: string): string => remember(hashes, id, () => hashText(`${seed} ${id}`, 16));
  return (a, b) => {
    const [first, second] = [hashOf(a), hashOf(b)];
    if (first === second) return a < b ? -1 : a > b ? 1 : 0;
    return first < second ? -1 : 1;
  };
}
