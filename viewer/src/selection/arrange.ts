import { type EvidenceTable, REASONS } from "../../../src/view/evidence-columns.ts";
import type { Selection } from "./reselect.ts";
import type { Scores } from "./scores.ts";

/** What the table may be sorted by. */
export const SORTS = ["place", "d", "psi", "difficulty", "image", "text", "reason"] as const;
export type Sort = (typeof SORTS)[number];

/** Which samples the table shows, and in which order. */
export interface Arrangement {
  readonly sort: Sort;
  readonly descending: boolean;
  /** Names of reasons, `selected`, `wanted` (something must still be run) or `set-aside`; empty: all. */
  readonly show: readonly string[];
  /** Inclusive bounds; an absent score is in none. */
  readonly d: Bounds;
  readonly psi: Bounds;
  readonly difficulty: Bounds;
}

export interface Bounds {
  readonly min: number | null;
  readonly max: number | null;
}

/** A hair's breadth, so that a bound typed as 0.6 holds 3/5. */
const ROUNDING = 1e-9;

/**
 * The places of the table's rows, in order. `found`: places that a search gave, or `undefined`
 * without one. Absent scores come last, whichever way the order goes; equals keep dataset order.
 */
export function arrange(
  table: EvidenceTable,
  scores: Scores,
  selection: Selection,
  arrangement: Arrangement,
  found?: Uint32Array,
): Uint32Array<ArrayBuffer> {
  const shown = newShownTest(selection, arrangement.show);
  const within = [
    newBoundsTest(scores.d, arrangement.d),
    newBoundsTest(scores.psi, arrangement.psi),
    newBoundsTest(scores.difficulty, arrangement.difficulty),
  ].filter((test) => test !== undefined);
  const candidates = found ?? Uint32Array.from({ length: table.samples }, (_, place) => place);
  const places = Uint32Array.from(candidates.filter((place) => shown(place) && within.every((test) => test(place))));
  if (arrangement.sort === "place") return arrangement.descending ? places.reverse() : places;
  const key = sortKey(table, scores, selection, arrangement.sort);
  const sign = arrangement.descending ? -1 : 1;
  return places.sort((a, b) => {
    const [x, y] = [key[a]!, key[b]!];
    if (x === y) return a - b;
    if (Number.isNaN(x)) return Number.isNaN(y) ? a - b : 1;
    return Number.isNaN(y) ? -1 : sign * (x - y);
  });
}

function sortKey(
  table: EvidenceTable,
  scores: Scores,
  selection: Selection,
  sort: Exclude<Sort, "place">,
): ArrayLike<number> {
  if (sort === "image") return table.image.correct;
  if (sort === "text") return table.text.correct;
  if (sort === "reason") return selection.reasons;
  return scores[sort];
}

function newShownTest({ reasons, selected, wanted }: Selection, show: readonly string[]): (place: number) => boolean {
  if (show.length === 0) return () => true;
  const numbers = new Set(show.map((name) => (REASONS as readonly string[]).indexOf(name) + 1).filter((n) => n > 0));
  if (show.includes("set-aside")) numbers.add(0);
  const [wantSelected, wantWanted] = [show.includes("selected"), show.includes("wanted")];
  return (place) =>
    numbers.has(reasons[place]!) || (wantSelected && selected[place] === 1) || (wantWanted && wanted[place] === 1);
}

function newBoundsTest(values: Float64Array, { min, max }: Bounds): ((place: number) => boolean) | undefined {
  if (min === null && max === null) return undefined;
  const low = (min ?? Number.NEGATIVE_INFINITY) - ROUNDING;
  const high = (max ?? Number.POSITIVE_INFINITY) + ROUNDING;
  return (place) => values[place]! >= low && values[place]! <= high;
}
