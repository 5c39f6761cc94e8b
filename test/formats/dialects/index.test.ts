import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { DatasetOptions } from "../../../src/formats/index.ts";
import { openDataset } from "../../../src/formats/index.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { png } from "../pictures.ts";

async function open(row: object, options: DatasetOptions = {}) {
  const file = path.join(await temporaryFolder(), "data.jsonl");
  await writeFile(file, `${JSON.stringify(row)}\n`);
  return await openDataset(file, options);
}

async function groundTruth(row: object, options: DatasetOptions = {}): Promise<string | undefined> {
  for await (const item of (await open(row, options)).read()) {
    if (item.type === "sample") return item.sample.groundTruth;
  }
  return undefined;
}

const image = png().toString("base64");
const asked = { role: "user", content: "<image>How many?" };
const answered = { messages: [asked, { role: "assistant", content: "from the turn" }], images: [image] };

test("a last turn and an answer column fit two dialects, and either may be named", async () => {
  const row = { ...answered, solution: "from the column" };
  await expect(open(row)).rejects.toMatchObject({
    code: "input",
    message:
      "data.jsonl: two dialects fit: ms-swift (question in `messages`, answer in `solution`) and llama-factory " +
      "(question in `messages`, answer in `messages`). Name the right one with --dialect NAME (`dialect`).",
  });
  expect(await groundTruth(row, { dialect: "ms-swift" })).toBe("from the column");
  expect(await groundTruth(row, { dialect: "llama-factory" })).toBe("from the turn");
  expect(await groundTruth(row, { fields: { answer: "solution" } })).toBe("from the column");
  expect(await groundTruth(row, { fields: { answer: "messages" } })).toBe("from the turn");
});

test("a question as text beside a conversation is asked about", async () => {
  const row = { problem: "How many?", prompt: [{ role: "user", content: "Many?" }], images: [image], solution: "3" };
  await expect(open(row)).rejects.toThrow(
    "two dialects fit: trl (question in `prompt`, answer in `solution`) and plain",
  );
  expect((await open(row, { fields: { question: "problem" } })).dialect).toBe("plain");
  expect((await open(row, { dialect: "trl" })).fields.question).toBe("prompt");
});

test("a recognised dialect is asked about beside another answer column; a named one settles it", async () => {
  const row = { problem: "<image>How many?", answer: "1", ground_truth: "2", images: [image] };
  await expect(open(row)).rejects.toThrow("2 columns could hold the answer: `answer`, `ground_truth`");
  expect(await groundTruth(row, { dialect: "easyr1" })).toBe("1");
  expect(await groundTruth(row, { fields: { answer: "ground_truth" } })).toBe("2");
  await expect(open(row, { dialect: "plain" })).rejects.toThrow("2 columns could hold the answer");
  const llava = {
    conversations: [
      { from: "human", value: "?" },
      { from: "gpt", value: "1" },
    ],
    image,
    answer: "2",
  };
  await expect(open(llava)).rejects.toThrow("2 columns could hold the answer: `conversations`, `answer`");
  expect(await groundTruth(llava, { fields: { answer: "answer" } })).toBe("2");
});

test("an unknown dialect is refused with the list of those there are", async () => {
  await expect(open(answered, { dialect: "verll" })).rejects.toMatchObject({
    code: "usage",
    message: expect.stringMatching(/^Expected a dialect among plain, easyr1, .*; found `verll`\.$/),
  });
});

test("a dialect whose columns are not there says which are", async () => {
  await expect(open(answered, { dialect: "verl" })).rejects.toThrow(
    "no column looks like the question (expected one of prompt); found `messages`, `images`",
  );
});

test("columns under names of one's own go with a named dialect", async () => {
  const row = { chat: [asked], pictures: [image], gold: { text: "3" } };
  const fields = { question: "chat", answer: "gold.text", images: "pictures" };
  expect(await groundTruth(row, { dialect: "ms-swift", fields })).toBe("3");
});
