import { describeDialect } from "./contract.ts";

const message = (...content: object[]) => JSON.stringify([{ role: "user", content }]);
const image = (one: number) => ({ type: "image", image: `file://images/${one}.png` });
const text = (words: string) => ({ type: "text", text: words });

describeDialect({
  dialect: "lmm-r1",
  kind: "JSON lines, messages as JSON text",
  file: "train.jsonl",
  rows: [
    { id: "0", message: message(image(0), text("How many?")), answer: "$3$" },
    { id: "1", message: message(text("Is "), image(1), text(" like "), image(2), text("?")), answer: "yes" },
    { id: "2", message: message(text("No picture?")), answer: "no" },
    { id: "3", message: "[{", answer: "no" },
    { id: "4", message: JSON.stringify([{ role: "narrator", content: "Once" }]), answer: "no" },
    {
      id: "5",
      message: JSON.stringify([
        { role: "user", content: [image(0), text("First?")] },
        { role: "assistant", content: "Yes." },
        { role: "user", content: "And second?" },
      ]),
      answer: "no",
    },
  ],
  expected: [
    { question: "<image>How many?", groundTruth: "$3$", images: [0], rowId: "0" },
    { question: "Is <image> like <image>?", groundTruth: "yes", images: [1, 2], rowId: "1" },
    "no-image",
    "wrong-type",
    "wrong-type",
    "several-turns",
  ],
});
