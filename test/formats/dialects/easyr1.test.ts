import { describeDialect, PICTURES } from "./contract.ts";

const row = (id: number, problem: string, images: readonly number[], more: object = {}) => ({
  images: images.map((one) => ({ bytes: PICTURES[one], path: null })),
  problem,
  answer: `${id}.0`,
  id,
  choices: [`${id}`, `${id + 1}`],
  ...more,
});

describeDialect({
  dialect: "easyr1",
  kind: "Parquet with bytes, as geometry3k",
  file: "train.parquet",
  rows: [
    row(0, "<image>How many?", [0]),
    row(1, "Compare <image> with <image>.", [1, 2]),
    row(2, "<image>Two pictures", [1, 2]),
    row(3, "<image>How many?", [3]),
  ],
  expected: [
    { question: "<image>How many?", groundTruth: "0.0", images: [0], rowId: "0", choices: ["0", "1"] },
    { question: "Compare <image> with <image>.", groundTruth: "1.0", images: [1, 2], rowId: "1", choices: ["1", "2"] },
    "placeholder-count",
    { question: "<image>How many?", groundTruth: "3.0", images: [3], rowId: "3", choices: ["3", "4"] },
  ],
});

describeDialect({
  dialect: "easyr1",
  kind: "JSON lines with paths",
  file: "train.jsonl",
  rows: [
    { problem: "<image>How many?", answer: "$3$", images: ["images/2.png"] },
    { problem: "A row without pictures", answer: "4", images: [] },
  ],
  expected: [{ question: "<image>How many?", groundTruth: "$3$", images: [2] }, "no-image"],
});

describeDialect({
  dialect: "easyr1",
  kind: "with a second answer column, of which one is named",
  file: "train.parquet",
  rows: [row(0, "<image>Which?", [0], { ground_truth: "B" })],
  expected: [{ question: "<image>Which?", groundTruth: "B", images: [0], rowId: "0", choices: ["0", "1"] }],
  named: { fields: { answer: "ground_truth" } },
});
