import { expect, test } from "vitest";
import { columnsOf, fieldValue } from "../../src/formats/row.ts";

const row = new Map<string, unknown>([
  ["a", { b: { c: 1 }, list: ["x", "y"] }],
  ["a.b", "a column of this name"],
  ["d", 7],
  ["none", null],
  ["{d}", "braces"],
]);
const columns = [...row.keys()];

test("a field is a column, a part of one, or a text of several", () => {
  expect(fieldValue(row, "d")).toBe(7);
  expect(fieldValue(row, "a.list.1")).toBe("y");
  expect(fieldValue(row, "images/{d}/{a.list.0}.png")).toBe("images/7/x.png");
});

test("a column of this very name comes first", () => {
  expect(fieldValue(row, "a.b")).toBe("a column of this name");
  expect(fieldValue(row, "{d}")).toBe("braces");
  expect(columnsOf("a.b", columns)).toEqual(["a.b"]);
});

test("a text with a missing part is null, and what is not there is undefined", () => {
  expect(fieldValue(row, "{none}.png")).toBeNull();
  expect(fieldValue(row, "{a}.png")).toBeNull();
  expect(fieldValue(row, "a.x.y")).toBeUndefined();
  expect(fieldValue(row, "a.constructor")).toBeUndefined();
  expect(fieldValue(row, "none.x")).toBeUndefined();
  expect(fieldValue(row, "x")).toBeUndefined();
});

test("the columns of a field are all it draws on, or none", () => {
  expect(columnsOf("a.list.0", columns)).toEqual(["a"]);
  expect(columnsOf("{d}-{a.list.0}", columns)).toEqual(["d", "a"]);
  expect(columnsOf("{d}-{x}", columns)).toEqual([]);
  expect(columnsOf("x.y", columns)).toEqual([]);
});
