import fc from "fast-check";
import { expect, test } from "vitest";
import { arrangeRows } from "../../src/models/arrange-rows.ts";

const rowsOf = (counts: readonly number[]) =>
  counts
    .flatMap((count, prompt) => Array.from({ length: count }, () => prompt))
    .map((prompt, row) => ({ row, prompt }));

test("five rows of each of two prompts lie side by side", () => {
  expect(arrangeRows(rowsOf([5, 5]))).toEqual({ width: 5, prompts: [0, 1], slots: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] });
});

test("a single row gets a filler beside it", () => {
  expect(arrangeRows([{ row: 7, prompt: 3 }])).toEqual({ width: 2, prompts: [3], slots: [7, -1] });
});

test("every row has one slot, in an entry of its own prompt, and entries are at least two wide", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 }), (counts) => {
      const rows = rowsOf(counts);
      const { width, prompts, slots } = arrangeRows(rows);
      expect(width).toBeGreaterThanOrEqual(2);
      expect(slots).toHaveLength(prompts.length * width);
      expect(slots.filter((row) => row >= 0).sort((a, b) => a - b)).toEqual(rows.map(({ row }) => row));
      for (const [slot, row] of slots.entries()) {
        if (row >= 0) expect(prompts[Math.floor(slot / width)]).toBe(rows[row]?.prompt);
      }
    }),
  );
});
