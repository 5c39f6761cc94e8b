import { expect, test } from "vitest";
import { newEvidenceTable, writeId } from "../../src/view/evidence-columns.ts";
import { compareSelections } from "../../viewer/src/compare/overlap.ts";

function side(ids: readonly string[], selected: readonly number[]): Parameters<typeof compareSelections>[0] {
  const table = newEvidenceTable({ m: 5, samples: ids.length, psiNames: [] });
  for (const [place, id] of ids.entries()) writeId(table, place, id.repeat(32));
  return { table, selected: Uint8Array.from(selected) };
}

test("samples are matched by id, in whatever order and dataset they stand", () => {
  const overlap = compareSelections(side(["a", "b", "c", "d"], [1, 1, 0, 1]), side(["d", "c", "b", "e"], [1, 1, 0, 1]));
  expect(overlap.both).toEqual([{ first: 3, second: 0 }]);
  expect(overlap.onlyFirst).toEqual([
    { first: 0, second: -1 },
    { first: 1, second: 2 },
  ]);
  expect(overlap.onlySecond).toEqual([
    { first: 2, second: 1 },
    { first: -1, second: 3 },
  ]);
  expect(overlap.shared).toBe(3);
  // 1 in both of 5 that either selects.
  expect(overlap.jaccard).toBe(0.2);
});
