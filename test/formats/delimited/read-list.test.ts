import fc from "fast-check";
import { expect, test } from "vitest";
import { readList } from "../../../src/formats/delimited/read-list.ts";

test("a list as JSON writes it is read back", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), (items) => {
      expect(readList(JSON.stringify(items))).toEqual(items);
      expect(readList(JSON.stringify(items, null, 2))).toEqual(items);
    }),
  );
});

test("a list as Python prints it is read, numbers as their text", () => {
  expect(readList(String.raw`['a', "it's", 'both \' and "', 'C:\\x', 'tab\tend', '\u00e9\x41', '\d']`)).toEqual([
    "a",
    "it's",
    `both ' and "`,
    "C:\\x",
    "tab\tend",
    "éA",
    "\\d",
  ]);
  expect(readList("[1, -2.50, 3e5,]")).toEqual(["1", "-2.50", "3e5"]);
  expect(readList("[]")).toEqual([]);
});

test.each([
  "",
  "a",
  "[",
  "[a]",
  "['a'",
  "['a' 'b']",
  "['a'] or ['b']",
  "['a', None]",
  "[__import__('os')]",
  "['a\\']",
  "[,]",
])("%j is no list, and nothing of it is run", (text) => {
  expect(readList(text)).toBeUndefined();
});
