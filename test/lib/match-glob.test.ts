import { expect, test } from "vitest";
import { escapeGlob, expandBraces, newGlobMatcher } from "../../src/lib/match-glob.ts";

test.each([
  ["data/*.parquet", ["data/a.parquet", "data/.parquet"], ["data/x/a.parquet", "a.parquet", "data/a.parquetx"]],
  ["**/train*", ["train.jsonl", "a/train", "a/b/train-1"], ["a/b/xtrain", "train/x"]],
  ["data/**", ["data/a", "data/a/b"], ["data", "date/a"]],
  ["a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["a/xb", "ab"]],
  ["**", ["a", "a/b/c"], []],
  ["shard-[0-9][!a-c].?", ["shard-1x.j", "shard-95.z"], ["shard-xx.j", "shard-1a.j", "shard-1x."]],
  ["odd[[]1][*].txt", ["odd[1]*.txt"], ["odd1x.txt"]],
  ["open[x", ["open[x"], ["openx"]],
])("%s matches what Hugging Face's tools match", (pattern, matching, others) => {
  const matches = newGlobMatcher(pattern);
  expect(matching.filter((path) => !matches(path))).toEqual([]);
  expect(others.filter((path) => matches(path))).toEqual([]);
});

test("a pattern made to take for ever takes no time", () => {
  const matches = newGlobMatcher(`${"*a".repeat(400)}b`);
  expect(matches("a".repeat(2000))).toBe(false);
  expect(newGlobMatcher("*".repeat(1001))("a")).toBe(false);
});

test("an escaped path matches itself alone, and braces stand for each of their texts", () => {
  expect(newGlobMatcher(escapeGlob("a[1]*?.txt"))("a[1]*?.txt")).toBe(true);
  expect(newGlobMatcher(escapeGlob("a*"))("ab")).toBe(false);
  expect(expandBraces("{a,b}/{1,2}.txt")).toEqual(["a/1.txt", "a/2.txt", "b/1.txt", "b/2.txt"]);
});
