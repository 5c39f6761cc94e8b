import { type EvidenceTable, readId } from "../../../src/view/evidence-columns.ts";

/** Two selections of samples, matched by the samples' ids. Samples are named by their places in either run. */
export interface Overlap {
  /** Selected by both, by the first alone, by the second alone. */
  readonly both: readonly Pair[];
  readonly onlyFirst: readonly Pair[];
  readonly onlySecond: readonly Pair[];
  /** Samples that both runs have. */
  readonly shared: number;
  /** |both| / |selected by either|, in [0, 1]; NaN when neither selects any. */
  readonly jaccard: number;
}

/** A sample in both runs; −1 in the one that does not have it. */
export interface Pair {
  readonly first: number;
  readonly second: number;
}

type Ids = Pick<EvidenceTable, "ids" | "samples">;

/** Who is selected by which run; `selected` holds 1 for a selected place. */
export function compareSelections(
  first: { readonly table: Ids; readonly selected: Uint8Array },
  second: { readonly table: Ids; readonly selected: Uint8Array },
): Overlap {
  const places = new Map<string, number>();
  for (let place = 0; place < second.table.samples; place++) places.set(readId(second.table, place), place);
  const [both, onlyFirst, onlySecond]: [Pair[], Pair[], Pair[]] = [[], [], []];
  let shared = 0;
  for (let place = 0; place < first.table.samples; place++) {
    const id = readId(first.table, place);
    const other = places.get(id) ?? -1;
    places.delete(id);
    if (other >= 0) shared += 1;
    const pair = { first: place, second: other };
    const [chosen, chosenThere] = [first.selected[place] === 1, other >= 0 && second.selected[other] === 1];
    if (chosen && chosenThere) both.push(pair);
    else if (chosen) onlyFirst.push(pair);
    else if (chosenThere) onlySecond.push(pair);
  }
  for (const place of places.values()) if (second.selected[place] === 1) onlySecond.push({ first: -1, second: place });
  const either = both.length + onlyFirst.length + onlySecond.length;
  return { both, onlyFirst, onlySecond, shared, jaccard: both.length / either };
}
