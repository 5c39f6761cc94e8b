import { describeDialect } from "./contract.ts";

const row = (question: string, answer: string, images: readonly string[]) => ({
  conversations: [
    { from: "human", value: question },
    { from: "gpt", value: answer },
  ],
  images,
});

describeDialect({
  dialect: "sharegpt",
  kind: "JSON, from and value",
  file: "data.json",
  rows: [
    row("<image>How many?", "3", ["images/0.png"]),
    row("<image>Two pictures?", "3", ["images/0.png", "images/1.png"]),
    {
      conversations: [{ from: "system", value: "Think first." }, ...row("<image>And?", "4", []).conversations],
      images: ["images/2.png"],
    },
  ],
  expected: [
    { question: "<image>How many?", groundTruth: "3", images: [0] },
    "placeholder-count",
    { question: "Think first.\n\n<image>And?", groundTruth: "4", images: [2] },
  ],
});
