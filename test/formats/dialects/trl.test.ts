import { describeDialect, PICTURES } from "./contract.ts";

const picture = (one: number) => ({ bytes: PICTURES[one], path: null });

describeDialect({
  dialect: "trl",
  kind: "Parquet, prompts as text, a list of images",
  file: "train.parquet",
  rows: [
    {
      prompt: [
        { role: "system", content: "Think first." },
        { role: "user", content: "How many?" },
      ],
      images: [picture(0), picture(1)],
      solution: "3",
    },
    { prompt: [{ role: "user", content: "Text alone?" }], images: [], solution: "4" },
    { prompt: [{ role: "user", content: "And here?" }], images: [picture(2)], solution: "<answer> 5 </answer>" },
  ],
  expected: [
    { question: "Think first.\n\n<image>\n<image>\nHow many?", groundTruth: "3", images: [0, 1] },
    "no-image",
    { question: "<image>\nAnd here?", groundTruth: "5", images: [2] },
  ],
});

describeDialect({
  dialect: "trl",
  kind: "JSON lines, prompts as parts, one image",
  file: "train.jsonl",
  rows: [
    {
      prompt: [{ role: "user", content: [{ type: "text", text: "How many? " }, { type: "image" }] }],
      image: "images/0.png",
      solution: 3,
    },
    {
      prompt: [{ role: "user", content: [{ type: "image" }, { type: "image" }, { type: "text", text: "Two?" }] }],
      image: "images/1.png",
      solution: 4,
    },
  ],
  expected: [{ question: "How many? <image>", groundTruth: "3", images: [0] }, "placeholder-count"],
});
