import { describeDialect } from "./contract.ts";

const row = (id: string, content: string, image_urls: readonly string[]) => ({
  id,
  conversations: [
    { role: "system", content: "Think first." },
    { role: "user", content },
  ],
  answer: "$3$",
  image_urls,
});

describeDialect({
  dialect: "mm-eureka",
  kind: "JSON lines, a blank picture where there is none",
  file: "train.jsonl",
  rows: [
    row("0", "How many?", ["file://images/0.png"]),
    row("1", "Both?", ["file://images/1.png", "file://images/2.png"]),
    row("2", "Text alone?", ["file:///elsewhere/examples/blank.png"]),
    row("3", "Far away?", ["file:///elsewhere/images/0.png"]),
  ],
  expected: [
    { question: "Think first.\n\n<image>\nHow many?", groundTruth: "$3$", images: [0], rowId: "0" },
    { question: "Think first.\n\n<image>\n<image>\nBoth?", groundTruth: "$3$", images: [1, 2], rowId: "1" },
    "no-image",
    "path-outside-dataset",
  ],
});
