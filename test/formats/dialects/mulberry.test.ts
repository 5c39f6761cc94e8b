import { describeDialect } from "./contract.ts";

const row = (images: unknown, question: string, answer: string) => ({
  messages: [
    { role: "user", content: `<image>${question}` },
    { role: "assistant", content: answer },
  ],
  images,
});

describeDialect({
  dialect: "mulberry",
  kind: "JSON, a reasoned answer behind its marker",
  file: "data.json",
  rows: [
    row("images/0.png", "How many?", "### Rationales:\nOne, two, three.\n\n### The final answer is: 3"),
    row(["images/1.png"], "Which?", "### The final answer is: A?\nNo.\n\n### The final answer is: B"),
    row("images/2.png", "Lost?", "### The final answer is: "),
  ],
  expected: [
    { question: "<image>How many?", groundTruth: "3", images: [0] },
    { question: "<image>Which?", groundTruth: "B", images: [1] },
    "no-answer",
  ],
});
