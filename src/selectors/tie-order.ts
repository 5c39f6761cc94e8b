import { hashText } from "../lib/hash-text.ts";
import { remember } from "../lib/remember.ts";

/**
 * Puts places in order by numbers of theirs, ties by the seeded hash of the samples' ids. Equals
 * are put in order when their turn comes: who needs the first few alone hashes few ids.
 */
export type TieOrder = (
  places: readonly number[],
  ids: (place: number) => string,
  by: readonly Rank[],
) => Iterable<number>;

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

  const byHash = (places: readonly number[], ids: (place: number) => string): readonly number[] => {
    if (places.length < 2) return places;
    const hash = Float64Array.from(places, (place) => hashOf(ids(place)));
    const order = Uint32Array.from(places.keys()).sort((a, b) => {
      if (hash[a] !== hash[b]) return hash[a]! - hash[b]!;
      return ids(places[a]!) < ids(places[b]!) ? -1 : 1;
    });
    return Array.from(order, (at) => places[at]!);
  };

  return function* inOrder(places, ids, [rank, ...others]): Iterable<number> {
    if (rank === undefined) yield* byHash(places, ids);
    else for (const equals of fallingGroups(places, rank)) yield* inOrder(equals, ids, others);
  };
}

/** The places of each value of a rank, the largest value first. */
function fallingGroups(places: readonly number[], rank: Rank): readonly (readonly number[])[] {
  const groups = new Map<number, number[]>();
  for (const place of places) remember(groups, rank(place), () => []).push(place);
  return [...groups].sort(([a], [b]) => b - a).map(([, equals]) => equals);
}
