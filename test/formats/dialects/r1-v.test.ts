import { describeDialect, PICTURES } from "./contract.ts";

describeDialect({
  dialect: "r1-v",
  kind: "Parquet with one image",
  file: "train.parquet",
  rows: [
    { image: { bytes: PICTURES[0], path: "0.png" }, problem: "How many?", solution: "<answer> 3 </answer>" },
    {
      image: { bytes: PICTURES[1], path: "1.png" },
      problem: "How many?",
      solution: "<think>not <answer> 1 </answer></think> <answer>$x^2$</answer>",
    },
    { image: { bytes: PICTURES[2], path: "2.png" }, problem: "Without tags?", solution: "yes" },
    { image: null, problem: "Without a picture?", solution: "<answer> yes </answer>" },
  ],
  expected: [
    { question: "<image>\nHow many?", groundTruth: "3", images: [0] },
    { question: "<image>\nHow many?", groundTruth: "$x^2$", images: [1] },
    { question: "<image>\nWithout tags?", groundTruth: "yes", images: [2] },
    "no-image",
  ],
});
