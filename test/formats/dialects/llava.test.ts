import { describeDialect } from "./contract.ts";

const row = (id: string, image: string | null, question: string, answer: string) => ({
  id,
  ...(image === null ? {} : { image }),
  conversations: [
    { from: "human", value: question },
    { from: "gpt", value: answer },
  ],
});

describeDialect({
  dialect: "llava",
  kind: "JSON, image as a bare path",
  file: "data.json",
  rows: [
    row("a", "images/0.png", "<image>\nHow many?", "3"),
    row("b", "images/1.png", "What is it?\n<image>", "A square."),
    row("c", null, "Text alone?", "yes"),
    row("d", "images/none.png", "<image>\nGone?", "yes"),
  ],
  expected: [
    { question: "<image>\nHow many?", groundTruth: "3", images: [0], rowId: "a" },
    { question: "What is it?\n<image>", groundTruth: "A square.", images: [1], rowId: "b" },
    "no-image",
    "image-missing",
  ],
});
