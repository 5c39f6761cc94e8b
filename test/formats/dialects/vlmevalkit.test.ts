import { describeDialect, PICTURES } from "./contract.ts";

const base64 = PICTURES.map((picture) => picture.toString("base64"));

describeDialect({
  dialect: "vlmevalkit",
  kind: "multiple choice, with references",
  file: "data.tsv",
  rows: [
    {
      index: 1,
      image: base64[0],
      question: "Which one?",
      hint: null,
      A: "red",
      B: 'the "blue" one',
      C: "3\nlines",
      answer: "B",
      category: "colour",
    },
    {
      index: 2,
      image: base64[1],
      question: "And here?",
      hint: "Look left.",
      A: "yes",
      B: "no",
      C: null,
      answer: "A",
      category: null,
    },
    {
      index: 1000001,
      image: "1",
      question: "Which one?",
      hint: null,
      A: "3\nlines",
      B: "red",
      C: null,
      answer: "A",
      category: "colour",
    },
    {
      index: 4,
      image: null,
      question: "Without one?",
      hint: null,
      A: "yes",
      B: "no",
      C: null,
      answer: "A",
      category: null,
    },
    {
      index: 5,
      image: [base64[2], base64[3]],
      question: "A gap",
      hint: null,
      A: null,
      B: "b",
      C: "c",
      answer: "C",
      category: null,
    },
  ],
  expected: [
    {
      rowId: "1",
      question:
        '<image>\nQuestion: Which one?\nOptions:\nA. red\nB. the "blue" one\nC. 3\nlines\n' +
        "Please select the correct answer from the options above. \n",
      groundTruth: "B",
      images: [0],
      choices: ["red", 'the "blue" one', "3\nlines"],
    },
    {
      rowId: "2",
      question:
        "<image>\nHint: Look left.\nQuestion: And here?\nOptions:\nA. yes\nB. no\n" +
        "Please select the correct answer from the options above. \n",
      groundTruth: "A",
      images: [1],
      choices: ["yes", "no"],
    },
    {
      rowId: "1000001",
      question:
        "<image>\nQuestion: Which one?\nOptions:\nA. 3\nlines\nB. red\n" +
        "Please select the correct answer from the options above. \n",
      groundTruth: "A",
      images: [0],
      choices: ["3\nlines", "red"],
    },
    "no-image",
    {
      rowId: "5",
      question:
        "<image>\n<image>\nQuestion: A gap\nOptions:\nB. b\nC. c\n" +
        "Please select the correct answer from the options above. \n",
      groundTruth: "C",
      images: [2, 3],
    },
  ],
});

describeDialect({
  dialect: "vlmevalkit",
  kind: "without options",
  file: "data.tsv",
  rows: [
    { index: "a", image: base64[0], question: "How many?", hint: "not shown", answer: "3" },
    { index: "b", image: base64[1], question: "How many more?", hint: null, answer: "4" },
    { index: "c", image: "a", question: "And less?", hint: null, answer: "5" },
  ],
  expected: [
    { rowId: "a", question: "<image>\nHow many?", groundTruth: "3", images: [0] },
    { rowId: "b", question: "<image>\nHow many more?", groundTruth: "4", images: [1] },
    { rowId: "c", question: "<image>\nAnd less?", groundTruth: "5", images: [0] },
  ],
});

describeDialect({
  dialect: "vlmevalkit",
  kind: "images in files",
  file: "data.tsv",
  rows: [
    { index: 0, image_path: "images/0.png", question: "Which?", A: "x", B: "y", answer: "A" },
    { index: 1, image_path: ["images/1.png", "images/2.png"], question: "Which?", A: "x", B: "y", answer: "B" },
    { index: 2, image_path: "images/3.png", question: null, A: "x", B: "y", answer: "B" },
  ],
  expected: [
    {
      rowId: "0",
      question:
        "<image>\nQuestion: Which?\nOptions:\nA. x\nB. y\nPlease select the correct answer from the options above. \n",
      groundTruth: "A",
      images: [0],
      choices: ["x", "y"],
    },
    {
      rowId: "1",
      question:
        "<image>\n<image>\nQuestion: Which?\nOptions:\nA. x\nB. y\nPlease select the correct answer from the options above. \n",
      groundTruth: "B",
      images: [1, 2],
      choices: ["x", "y"],
    },
    "empty-question",
  ],
});
