import { describeDialect, PICTURES } from "./contract.ts";

const row = (index: number, content: string, images: readonly number[], truth: string | null = String(index)) => ({
  data_source: "hiyouga/geometry3k",
  prompt: [{ role: "user", content }],
  images: images.map((one) => ({ bytes: PICTURES[one], path: null })),
  ability: "math",
  reward_model: { style: "rule", ground_truth: truth },
  extra_info: { split: "train", index, answer: "worked out", question: "raw" },
});

describeDialect({
  dialect: "verl",
  kind: "Parquet with bytes",
  file: "train.parquet",
  rows: [
    row(0, "<image>How many?", [0]),
    row(1, "Compare <image> with <image>.", [1, 2]),
    row(2, "No placeholder", [0]),
    row(3, "<image><image>One too many", [3]),
    row(4, "<image>No ground truth", [3], null),
    row(5, "<image><video>Both", [3]),
  ],
  expected: [
    { question: "<image>How many?", groundTruth: "0", images: [0], rowId: "0" },
    { question: "Compare <image> with <image>.", groundTruth: "1", images: [1, 2], rowId: "1" },
    "placeholder-count",
    "placeholder-count",
    "no-answer",
    "has-video",
  ],
});

describeDialect({
  dialect: "verl",
  kind: "JSON lines with paths, of newer versions",
  file: "train.jsonl",
  rows: [
    {
      prompt: [
        { role: "system", content: "Think first." },
        { role: "user", content: "<image>How many?" },
      ],
      images: ["images/2.png"],
      reward_model: { ground_truth: "7" },
      videos: null,
    },
    {
      prompt: [{ role: "user", content: "<image>How many?" }],
      images: [{ image: "file://images/1.png" }],
      reward_model: { ground_truth: "1.0" },
      videos: ["clip.mp4"],
    },
    {
      prompt: [{ role: "user", content: "<image>How many?" }],
      images: [{ image: "file://images/1.png" }],
      reward_model: { ground_truth: "1.0" },
    },
  ],
  expected: [
    { question: "Think first.\n\n<image>How many?", groundTruth: "7", images: [2] },
    "has-video",
    { question: "<image>How many?", groundTruth: "1.0", images: [1] },
  ],
});
