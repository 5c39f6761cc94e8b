import { existsSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../src/formats/index.ts";

const SHARED = path.resolve("..", "shared", "data");
const ROWS = { "easyvqa-train": 2000, "k12-dev": 150, "mathv-dev": 158, "nlvr-dev": 300, "tabmwp-dev": 225 };

for (const [name, rows] of Object.entries(ROWS)) {
  test(`every row of ${name} is usable (skipped where ../shared/data is not there)`, async ({ skip }) => {
    if (!existsSync(path.join(SHARED, name))) skip("../shared/data is not there");
    await using dataset = await openDataset(path.join(SHARED, name));
    const rejected = [];
    let samples = 0;
    for await (const item of dataset.read()) {
      if (item.type === "sample") samples += 1;
      else rejected.push(item.rejected);
    }
    expect(rejected).toEqual([]);
    expect([dataset.rows, samples]).toEqual([rows, rows]);
  });
}
