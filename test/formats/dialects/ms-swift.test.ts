import { describeDialect } from "./contract.ts";

describeDialect({
  dialect: "ms-swift",
  kind: "JSON lines with paths",
  file: "train.jsonl",
  rows: [
    {
      messages: [
        { role: "system", content: "Think first." },
        { role: "user", content: "<image>How many?" },
      ],
      images: ["images/0.png"],
      solution: "<answer> 3 </answer>",
      chat_template_kwargs: { max_pixels: 1003520 },
    },
    {
      messages: [{ role: "user", content: "<image>and<image>?" }],
      images: ["images/1.png", "images/2.png"],
      solution: "4",
    },
    { messages: [{ role: "user", content: "<audio>What is said?" }], images: ["images/1.png"], solution: "4" },
  ],
  expected: [
    { question: "Think first.\n\n<image>How many?", groundTruth: "3", images: [0] },
    { question: "<image>and<image>?", groundTruth: "4", images: [1, 2] },
    "has-audio",
  ],
});

describeDialect({
  dialect: "ms-swift",
  kind: "JSON lines with OpenAI parts",
  file: "train.jsonl",
  rows: [
    {
      system: "Think first.",
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: "images/3.png" } },
            { type: "text", text: "How many?" },
          ],
        },
      ],
      solution: "3",
      audios: [],
    },
    {
      messages: [{ role: "user", content: [{ type: "video", video: "clip.mp4" }] }],
      solution: "3",
    },
    {
      messages: [{ role: "user", content: "How many?" }],
      solution: "3",
      audios: ["a.wav"],
    },
  ],
  expected: [{ question: "Think first.\n\n<image>How many?", groundTruth: "3", images: [3] }, "has-video", "has-audio"],
});

describeDialect({
  dialect: "ms-swift",
  kind: "with an answering turn, which it drops",
  file: "train.jsonl",
  rows: [
    {
      messages: [
        { role: "user", content: "<image>How many?" },
        { role: "assistant", content: "I count three." },
      ],
      images: ["images/0.png"],
      solution: "3",
    },
  ],
  expected: [{ question: "<image>How many?", groundTruth: "3", images: [0] }],
  named: { fields: { answer: "solution" } },
});
