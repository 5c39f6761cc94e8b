import { describeDialect } from "./contract.ts";

describeDialect({
  dialect: "plain",
  kind: "JSON lines under usual names",
  file: "data.jsonl",
  rows: [
    { question: "How many?", answer: 3, image: "images/0.png", extra: { kept: [1.5, null] } },
    { question: "<image> or <image>?", answer: true, image: ["images/1.png", "images/2.png"] },
  ],
  expected: [
    { question: "<image>\nHow many?", groundTruth: "3", images: [0] },
    { question: "<image> or <image>?", groundTruth: "true", images: [1, 2] },
  ],
});
