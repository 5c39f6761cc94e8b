import { expect, test } from "vitest";
import { formatHubAddress, parseHubAddress, parseRepo } from "../../src/lib/hub-address.ts";

test.each([
  ["hf://datasets/team/shapes", { repo: "team/shapes", path: "" }],
  ["hf://datasets/team/shapes@v1.0", { repo: "team/shapes", revision: "v1.0", path: "" }],
  ["hf://datasets/team/shapes/data/*.parquet", { repo: "team/shapes", path: "data/*.parquet" }],
  ["hf://datasets/team/shapes@main/a@b.jsonl", { repo: "team/shapes", revision: "main", path: "a@b.jsonl" }],
  ["hf://datasets/team/shapes/a@b.jsonl", { repo: "team/shapes", path: "a@b.jsonl" }],
  [
    "hf://datasets/team/shapes@refs/convert/parquet/default/train",
    { repo: "team/shapes", revision: "refs/convert/parquet", path: "default/train" },
  ],
  ["hf://datasets/team/shapes@feature%2Fx/data", { repo: "team/shapes", revision: "feature/x", path: "data" }],
])("%s is read, and written the same", (address, parts) => {
  expect(parseHubAddress(address)).toEqual(parts);
  expect(formatHubAddress(parseHubAddress(address))).toBe(address);
});

test.each([
  "hf://team/shapes",
  "hf://datasets/shapes",
  "hf://datasets/../shapes",
  "hf://datasets/team/..",
  "hf://datasets/team/a--b",
  "hf://models/team/shapes",
  "hf://datasets/team/shapes@../../x",
  "hf://datasets/team/shapes@%2e%2e",
  "hf://datasets/team/shapes@a%00b",
  "hf://datasets/team/shapes@main/../x",
  "hf://datasets/team/shapes/a//b",
])("%s is refused", (address) => {
  expect(() => parseHubAddress(address)).toThrow(`${address}: expected `);
});

test("a repository is owner/name, with or without its scheme", () => {
  expect(parseRepo("team/shapes")).toBe("team/shapes");
  expect(parseRepo("hf://datasets/team/shapes")).toBe("team/shapes");
  expect(() => parseRepo("shapes")).toThrow("expected owner/name");
});
