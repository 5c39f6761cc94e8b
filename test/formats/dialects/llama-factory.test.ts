import { describeDialect } from "./contract.ts";

const row = (question: string, answer: string, images: readonly string[]) => ({
  messages: [
    { role: "user", content: question },
    { role: "assistant", content: answer },
  ],
  images,
});

describeDialect({
  dialect: "llama-factory",
  kind: "JSON, role and content",
  file: "data.json",
  rows: [
    row("<image>How many?", "3", ["images/0.png"]),
    row("<image><image>Both?", "yes", ["images/1.png", "images/2.png"]),
    row("No placeholder?", "yes", ["images/1.png"]),
    { ...row("<image>With system?", "yes", ["images/3.png"]), system: "Think first." },
    {
      messages: [
        { role: "user", content: "<image>One?" },
        { role: "assistant", content: "1" },
        { role: "user", content: "Two?" },
        { role: "assistant", content: "2" },
      ],
      images: ["images/1.png"],
    },
  ],
  expected: [
    { question: "<image>How many?", groundTruth: "3", images: [0] },
    { question: "<image><image>Both?", groundTruth: "yes", images: [1, 2] },
    "placeholder-count",
    { question: "Think first.\n\n<image>With system?", groundTruth: "yes", images: [3] },
    "several-turns",
  ],
});
