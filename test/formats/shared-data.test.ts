import { existsSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { type DatasetOptions, openDataset } from "../../src/formats/index.ts";

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

/** Each set as its authors published it, and what has to be said of it: three lines of configuration at most. */
const NATIVE: readonly (readonly [string, number, DatasetOptions])[] = [
  ["k12-dev/native/k12.json", 150, { imageFolder: "k12-dev" }],
  ["mathv-dev/native/testmini.jsonl", 134, { imageFolder: "mathv-dev", fields: { answer: "answer" } }],
  ["mathv-dev/native/test.jsonl", 24, { imageFolder: "mathv-dev", fields: { answer: "answer" } }],
  [
    "tabmwp-dev/native/problems_dev1k.json",
    225,
    { imageFolder: "tabmwp-dev", fields: { answer: "answer", images: "images/{key}.png" } },
  ],
  [
    "easyvqa-train/native/questions.json",
    2000,
    { imageFolder: "easyvqa-train", fields: { question: "0", answer: "1", images: "images/{2}.png" } },
  ],
  [
    "nlvr-dev/native/dev.json",
    250,
    {
      imageFolder: "nlvr-dev",
      fields: { question: "sentence", answer: "label", images: "images/{directory}/dev-{identifier}-0.png" },
    },
  ],
];

for (const [name, rows, options] of NATIVE) {
  test(`every row of ${name} is usable as published (skipped where ../shared/data is not there)`, async ({ skip }) => {
    if (!existsSync(path.join(SHARED, name))) skip("../shared/data is not there");
    const imageFolder = path.join(SHARED, options.imageFolder ?? "");
    await using dataset = await openDataset(path.join(SHARED, name), { ...options, imageFolder });
    const rejected = [];
    for await (const item of dataset.read()) if (item.type === "rejected") rejected.push(item.rejected);
    expect(rejected).toEqual([]);
    expect(dataset.rows).toBe(rows);
  });
}
