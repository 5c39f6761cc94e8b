import { describeDialect } from "./contract.ts";

describeDialect({
  dialect: "openrlhf",
  kind: "JSON lines, input as text",
  file: "train.jsonl",
  rows: [
    { input: "<image>How many?", images: ["images/0.png"], label: "3", datasource: "made up" },
    { input: "<image> or <image>?", images: ["images/1.png", "images/2.png"], label: "4", datasource: "made up" },
    { input: "<image>One too few", images: ["images/1.png", "images/2.png"], label: "4", datasource: "made up" },
  ],
  expected: [
    { question: "<image>How many?", groundTruth: "3", images: [0] },
    { question: "<image> or <image>?", groundTruth: "4", images: [1, 2] },
    "placeholder-count",
  ],
});

describeDialect({
  dialect: "openrlhf",
  kind: "JSON lines, prompt as messages",
  file: "train.jsonl",
  rows: [
    { prompt: [{ role: "user", content: "<image>How many?" }], images: "images/0.png", label: "3" },
    { prompt: [{ role: "user", content: "<image>And now?" }], images: ["images/3.png"], label: null },
  ],
  expected: [{ question: "<image>How many?", groundTruth: "3", images: [0] }, "no-answer"],
});
