import { hashText } from "../lib/hash-text.ts";
import { remember } from "../lib/remember.ts";

/** Sorts places by a number each, ties by the seeded hash of the samples' ids. */
export type TieOrder = (places: readonly number[], ids: (place: number) => string, by: readonly Rank[]) => number[];

/** The larger value goes first. */
export type Rank = (place: number) => number;

/** Hex digits of the hash that fit into a whole number exactly. */
const DIGITS = 12;

/**
 * The order among equals: a seeded hash of the sample's id, so that it depends neither on the
 * order of rows nor on anything the ids themselves may follow. Hashes are kept for reuse.
 */
export function newTieOrder(seed: number): TieOrder {
  const hashes = new Map<string, number>();
  const hashOf = (id: string): number =>
    hashes.get(id) ?? remember(hashes, id, () => Number.parseInt(hashText(`${seed} ${id}`, DIGITS), 16));

  return (places, ids, by) => {
    const ranks = by.map((rank) => tabulate(places, rank));
    const hash = tabulate(places, (place) => hashOf(ids(place)));
    const order = tabulate(places, (_, at) => at).sort((a, b) => {
      for (const rank of ranks) if (rank[a] !== rank[b]) return rank[b]! - rank[a]!;
      if (hash[a] !== hash[b]) return hash[a]! - hash[b]!;
      return ids(places[a]!) < ids(places[b]!) ? -1 : 1;
    });
    return places.map((_, at) => places[order[at]!]!);
  };
}

function tabulate(places: readonly number[], value: (place: number, at: number) => number): Float64Array {
  const table = new Float64Array(places.length);
  for (let at = 0; at < places.length; at++) table[at] = value(places[at]!, at);
  return table;
}
