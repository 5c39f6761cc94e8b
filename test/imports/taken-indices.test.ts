import { expect, test } from "vitest";
import { TakenIndices } from "../../src/imports/taken-indices.ts";

test("the lowest free index comes next, and none is taken twice", () => {
  const indices = new TakenIndices();
  expect(indices.take("a", "image", 1)).toBe(true);
  expect(indices.take("a", "image", 1)).toBe(false);
  expect([indices.takeNext("a", "image"), indices.takeNext("a", "image")]).toEqual([0, 2]);
  expect(indices.takeNext("a", "text")).toBe(0);
});

test("an arm has 256 rollouts at most", () => {
  const indices = new TakenIndices();
  for (let index = 0; index < 256; index += 1) expect(indices.takeNext("a", "text")).toBe(index);
  expect(indices.takeNext("a", "text")).toBeUndefined();
});

test("the usual count is that of most samples with the image; without any, of those without", () => {
  const indices = new TakenIndices();
  expect(indices.usualCount()).toBeUndefined();
  for (const index of [0, 1]) indices.take("a", "text", index);
  expect(indices.usualCount()).toBe(2);
  for (const id of ["a", "b", "c"]) for (const index of id === "c" ? [0] : [0, 1, 2]) indices.take(id, "image", index);
  expect(indices.usualCount()).toBe(3);
});
