import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readLines } from "../../src/lib/read-lines.ts";
import { temporaryFolder } from "../temporary-folder.ts";

async function linesOf(text: string): Promise<string[]> {
  const path = join(await temporaryFolder(), "lines.txt");
  await writeFile(path, text);
  const lines: string[] = [];
  for await (const line of readLines(path)) lines.push(line);
  return lines;
}

test("a line ends at a line feed, and at no other separator", async () => {
  expect(await linesOf("a\u2028b\n\nc\u0085d\re\nlast")).toEqual(["a\u2028b", "c\u0085d\re", "last"]);
  expect(await linesOf("")).toEqual([]);
});

test("lines longer than a chunk, and characters across chunks, are whole", async () => {
  const long = "é".repeat(100_000);
  expect(await linesOf(`x${long}\n${long}\n`)).toEqual([`x${long}`, long]);
});
