import { expect, test } from "vitest";
import { openDataset } from "../../../src/formats/index.ts";
import { outcome, PNG, readAll, writeData } from "./rows.ts";

test("placeholders must be as many as images", async () => {
  expect(await outcome({ question: "<image> and <image>?" })).toBe(
    "placeholder-count: expected one <image> per image; found 2 in the question and 1 image.",
  );
  expect(await outcome({ question: "<image> q", image: [PNG, PNG] })).toMatch(/found 1 in the question and 2 images/);
  expect(await outcome({ question: "a <image> b" })).toMatchObject({ question: "a <image> b" });
});

test("an empty question, or one of placeholders alone, is rejected", async () => {
  for (const question of [null, "", " \n", "<image>"]) expect(await outcome({ question })).toMatch(/^empty-question/);
});

test("null, NaN and blank are no answer; numbers keep their text", async () => {
  for (const answer of [null, "", "  "]) expect(await outcome({ answer })).toMatch(/^no-answer/);
  const row = (answer: string) => `{"question": "q", "image": "${PNG}", "answer": ${answer}}`;
  const items = await readAll(
    await writeData(["NaN", "-Infinity", "1.0", "1e400", "12345678901234567890", "true"].map(row).join("\n")),
  );
  expect(items.map((item) => (item.type === "sample" ? item.sample.groundTruth : item.rejected.code))).toEqual([
    "no-answer",
    "no-answer",
    "1.0",
    "1e400",
    "12345678901234567890",
    "true",
  ]);
});

test("a solution gives what stands between its answer tags", async () => {
  expect(await outcome({ answer: "<think>..</think><answer> x </answer>" })).toMatchObject({ groundTruth: "x" });
});

test("an object or a list of two as text is a wrong type", async () => {
  expect(await outcome({ answer: { a: 1 } })).toBe("wrong-type: expected the answer as text; found an object.");
  expect(await outcome({ question: ["a", "b"] })).toMatch(/^wrong-type: .* found a list of 2/);
});

test("both `answer` and `ground_truth` are asked about, and either can be named", async () => {
  const file = await writeData(`{"question": "q", "answer": "1", "ground_truth": "2", "image": "${PNG}"}`);
  await expect(openDataset(file)).rejects.toThrow(
    "data.jsonl: 2 columns could hold the answer: `answer`, `ground_truth`. Name the right one with --answer COLUMN",
  );
  expect(await readAll(file, { fields: { answer: "ground_truth" } })).toMatchObject([{ sample: { groundTruth: "2" } }]);
});

test("choices come as a list or by letter; other things are none", async () => {
  expect(await outcome({ choices: ["x", 2] })).toMatchObject({ choices: ["x", "2"] });
  expect(await outcome({ options: { B: "b", A: "a" } })).toMatchObject({ choices: ["a", "b"] });
  expect(await outcome({ choices: "a, b" })).not.toHaveProperty("choices");
  expect(await outcome({ choices: null })).not.toHaveProperty("choices");
});
