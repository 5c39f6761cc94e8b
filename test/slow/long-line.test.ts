import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../src/formats/index.ts";
import { PNG, readAll, writeData } from "../formats/traps/rows.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("a line of 100 MB is a row like another, and comes back whole", async () => {
  const long = `{"question": "q", "answer": "1", "image": "${PNG}", "log": "${"x".repeat(1e8)}"}\n`;
  const file = await writeData(`{"question": "q", "answer": "1", "image": null}\n${long}`);
  await using dataset = await openDataset(file);
  expect((await readAll(file)).map(({ type }) => type)).toEqual(["rejected", "sample"]);
  const out = path.join(await temporaryFolder(), "out");
  await dataset.writeSubset(new Map([["data.jsonl", new Set([1])]]), out);

  expect((await readFile(path.join(out, "data.jsonl"))).equals(Buffer.from(long))).toBe(true);
});
