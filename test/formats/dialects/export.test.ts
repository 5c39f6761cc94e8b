import { describe, expect, test } from "vitest";
import { detectFields } from "../../../src/formats/detect-fields.ts";
import { findDialect, recogniseDialect } from "../../../src/formats/dialects/index.ts";
import type { Sample } from "../../../src/records.ts";
import { PICTURES } from "./contract.ts";

const image = (one: number) => ({ bytes: PICTURES[one] as Buffer, width: 3, height: 3, mediaType: "image/png" });

const one: Sample = {
  id: "0123456789abcdef0123456789abcdef",
  source: { file: "data.jsonl", row: 0 },
  rowId: "row-0",
  question: "<image>\nHow many?",
  images: [image(0)],
  groundTruth: "3",
};
const two: Sample = { ...one, question: "Is <image> like <image>?", images: [image(1), image(2)] };
const place = {
  index: 7,
  split: "train",
  source: "made up",
  folder: "/data/out",
  prompt: "",
  paths: ["images/a.png", "images/b.png"],
};

function write(dialect: string, sample: Sample) {
  const paths = place.paths.slice(0, sample.images.length);
  return findDialect(dialect).export?.row(sample, { ...place, paths, prompt: `${sample.question} Think.` });
}

const bytes = (index: number) => ({ bytes: PICTURES[index], path: place.paths[0] });

describe("a sample as a row of", () => {
  test.each([
    ["easyr1", { images: [bytes(0)], problem: "<image>\nHow many?", answer: "3", id: "row-0" }],
    [
      "verl",
      {
        data_source: "made up",
        prompt: [{ role: "user", content: "<image>\nHow many? Think." }],
        images: [bytes(0)],
        ability: "math",
        reward_model: { style: "rule", ground_truth: "3" },
        extra_info: { split: "train", index: 7, answer: "3", question: "<image>\nHow many?", choices: [] },
      },
    ],
    [
      "trl",
      {
        prompt: [{ role: "user", content: [{ type: "image" }, { type: "text", text: "\nHow many? Think." }] }],
        images: [bytes(0)],
        solution: "3",
      },
    ],
    ["r1-v", { image: bytes(0), problem: "How many?", solution: "<answer> 3 </answer>" }],
    [
      "ms-swift",
      { messages: [{ role: "user", content: "<image>\nHow many? Think." }], images: ["images/a.png"], solution: "3" },
    ],
    ["openrlhf", { input: "<image>\nHow many? Think.", images: ["images/a.png"], label: "3", datasource: "made up" }],
    [
      "lmm-r1",
      {
        id: "row-0",
        message:
          '[{"role":"user","content":[{"type":"image","image":"file:///data/out/images/a.png"},{"type":"text","text":"How many? Think."}]}]',
        answer: "3",
      },
    ],
    [
      "mm-eureka",
      {
        id: "row-0",
        conversations: [{ role: "user", content: "How many? Think." }],
        answer: "3",
        image_urls: ["file:///data/out/images/a.png"],
      },
    ],
    [
      "llama-factory",
      {
        messages: [
          { role: "user", content: "<image>\nHow many?" },
          { role: "assistant", content: "3" },
        ],
        images: ["images/a.png"],
      },
    ],
    [
      "sharegpt",
      {
        conversations: [
          { from: "human", value: "<image>\nHow many?" },
          { from: "gpt", value: "3" },
        ],
        images: ["images/a.png"],
      },
    ],
    [
      "llava",
      {
        id: "row-0",
        image: "images/a.png",
        conversations: [
          { from: "human", value: "<image>\nHow many?" },
          { from: "gpt", value: "3" },
        ],
      },
    ],
    ["plain", { id: "row-0", question: "<image>\nHow many?", answer: "3", images: ["images/a.png"] }],
  ])("%s is laid out as documented, recognised, and read back alike", (name, expected) => {
    const row = write(name, one);
    expect(row).toEqual(expected);
    const columns = Object.keys(row as object);
    const preview = { named: {}, columns, rows: [new Map(Object.entries(row as object))] };
    const dialect = recogniseDialect("data", preview);
    expect(dialect.name).toBe(name);
    const fields = detectFields({ file: "data", preview, candidates: dialect.candidates, settled: true });
    const values = dialect.read(preview.rows[0] as Map<string, unknown>, fields);
    const asked = String(values.question).replace(" Think.", "");
    expect([one.question.replace("<image>\n", ""), one.question, one.question.replace("\n", "")]).toContain(asked);
    expect(String(values.question).endsWith(" Think.")).toBe(dialect.export?.prompted === true);
    expect(String(values.answer).replaceAll(/<\/?answer>| /g, "")).toBe("3");
  });

  test("trainers without placeholders get none, and later images are named by their order", () => {
    for (const name of ["r1-v", "mm-eureka"]) {
      expect(JSON.stringify({ ...write(name, two), images: [], image: 0 })).toContain("Is [image 1] like [image 2]?");
      expect(JSON.stringify({ ...write(name, two), images: [], image: 0 })).not.toContain("<image>");
    }
  });

  test("TRL has an image part where each image stood", () => {
    expect(write("trl", two)?.prompt).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "Is " },
          { type: "image" },
          { type: "text", text: " like " },
          { type: "image" },
          { type: "text", text: "? Think." },
        ],
      },
    ]);
  });

  test("trainers that count placeholders get one per image", () => {
    for (const name of ["verl", "easyr1", "llama-factory", "ms-swift", "sharegpt"]) {
      const row = write(name, two);
      const asked = row?.problem ?? row?.prompt ?? row?.messages ?? row?.conversations;
      expect(JSON.stringify(asked).split("<image>").length - 1).toBe(2);
      expect(row?.images).toHaveLength(2);
    }
  });

  test("LLaVA has a bare path for one image and a list for more", () => {
    expect(write("llava", two)?.image).toEqual(["images/a.png", "images/b.png"]);
  });

  test("Mulberry is not written: its rows are for another kind of training", () => {
    expect(findDialect("mulberry").export).toBeUndefined();
  });
});
