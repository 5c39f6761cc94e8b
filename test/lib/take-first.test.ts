import { expect, test } from "vitest";
import { takeFirst } from "../../src/lib/take-first.ts";

test("no more items are asked for than are taken", () => {
  let asked = 0;
  function* count(): Iterable<number> {
    for (;;) yield asked++;
  }
  expect(takeFirst(count(), 0)).toEqual([]);
  expect(asked).toBe(0);
  expect(takeFirst(count(), 2)).toEqual([0, 1]);
  expect(asked).toBe(2);
  expect(takeFirst([1], 5)).toEqual([1]);
});
