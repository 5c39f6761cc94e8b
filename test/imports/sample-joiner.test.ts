import { expect, test } from "vitest";
import type { LoggedResponse } from "../../src/imports/log-layout.ts";
import { type Join, SampleJoiner } from "../../src/imports/sample-joiner.ts";

const QUESTIONS = [
  "<image>What is 1?",
  "What is the area of the\n triangle ABC?",
  "Find x.",
  "<image> Name the colour.",
];

function newJoiner(
  more: readonly { question: string; gold: string; rowId?: string; file?: string }[] = [],
): SampleJoiner {
  const joiner = new SampleJoiner();
  const plain = QUESTIONS.map((question, row) => ({ question, gold: String(row), rowId: `r${row}`, file: "a.jsonl" }));
  for (const [row, { question, gold, rowId, file = "a.jsonl" }] of [...plain, ...more].entries()) {
    const source = { file, row };
    joiner.add({ id: `s${row}`, source, question, groundTruth: gold, ...(rowId !== undefined && { rowId }) });
  }
  return joiner;
}

const chat = (question: string): string =>
  `system\nYou are helpful.\nuser\n<|vision_start|><|image_pad|><|vision_end|>${question} Answer in \\boxed{}.\nassistant\n`;

/** Learns every prompt first, as an import does, then joins. */
function joinAll(joiner: SampleJoiner, responses: readonly Partial<LoggedResponse>[]): Join[] {
  const all = responses.map((one): LoggedResponse => ({ ids: [], ...one }));
  for (const one of all) joiner.learn(one);
  return all.map((one) => joiner.join(one));
}

test("an id goes before the row, and the row before the text", () => {
  const joiner = newJoiner();
  const prompt = chat("What is 1?");
  expect(joinAll(joiner, [{ ids: ["r2"], index: 1, prompt }])).toEqual([{ sampleId: "s2", by: "id" }]);
  expect(joinAll(joiner, [{ ids: ["gone"], index: 0, prompt }])).toEqual([{ sampleId: "s0", by: "index" }]);
  expect(joinAll(joiner, [{ prompt }])).toEqual([{ sampleId: "s0", by: "text" }]);
});

test("Winnow's own sample ids and requests name a sample exactly", () => {
  const request = { settings: "0123456789abcdef", sampleId: "s3", index: 2 };
  expect(joinAll(newJoiner(), [{ ids: ["s1"] }, { request }])).toEqual([
    { sampleId: "s1", by: "id" },
    { sampleId: "s3", by: "request" },
  ]);
  expect(joinAll(newJoiner(), [{ request: { ...request, sampleId: "other" } }])).toMatchObject([
    { reason: "no-match" },
  ]);
});

test("a question is found inside any chat template, whatever space and image marks are around it", () => {
  const prompts = QUESTIONS.map((question) => ({ prompt: chat(question.replace("<image>", "").replace("\n", "  ")) }));
  expect(joinAll(newJoiner(), prompts)).toEqual(QUESTIONS.map((_, row) => ({ sampleId: `s${row}`, by: "text" })));
});

test("a ground truth that differs breaks a join by id, by row and by text", () => {
  const prompt = chat("What is 1?");
  const joins = joinAll(newJoiner(), [
    { ids: ["r0"], groundTruth: "7" },
    { index: 0, groundTruth: "7" },
    { prompt, groundTruth: "7" },
    { prompt, groundTruth: " <answer> 0 </answer>" },
  ]);
  expect(joins).toMatchObject([
    { reason: "gold-differs" },
    { reason: "gold-differs" },
    { reason: "gold-differs" },
    { sampleId: "s0" },
  ]);
});

test("the same text and ground truth with another image is ambiguous; another ground truth tells them apart", () => {
  const joiner = newJoiner([
    { question: "What is 1?", gold: "0" },
    { question: "Find x.", gold: "9" },
  ]);
  const joins = joinAll(joiner, [
    { prompt: chat("What is 1?"), groundTruth: "0" },
    { prompt: chat("Find x."), groundTruth: "9" },
    { prompt: chat("Find x.") },
  ]);
  expect(joins).toMatchObject([{ reason: "ambiguous" }, { sampleId: "s5" }, { reason: "ambiguous" }]);
});

test("an id that two samples share is ambiguous unless the ground truth decides", () => {
  const joiner = newJoiner([{ question: "Other?", gold: "5", rowId: "r0" }]);
  expect(joinAll(joiner, [{ ids: ["r0"] }, { ids: ["r0"], groundTruth: "5" }])).toMatchObject([
    { reason: "ambiguous" },
    { sampleId: "s4", by: "id" },
  ]);
});

test("a row whose prompt asks something else was numbered in another dataset", () => {
  expect(joinAll(newJoiner(), [{ index: 0, prompt: chat("Find x.") }])).toMatchObject([{ reason: "text-differs" }]);
});

test("rows of a dataset of several files have no one number", () => {
  const joiner = newJoiner([{ question: "Other?", gold: "5", file: "b.jsonl" }]);
  expect(joinAll(joiner, [{ index: 4 }])).toMatchObject([{ reason: "no-match" }]);
});

test("a short question inside a longer one that the dataset lacks is no match", () => {
  const longer = "In the figure, AB is a tangent. Find x.";
  const prompts = [...QUESTIONS.map((question) => ({ prompt: chat(question) })), { prompt: chat(longer) }];
  const joins = joinAll(newJoiner(), prompts);
  expect(joins.slice(0, 4).map((join) => "sampleId" in join)).toEqual([true, true, true, true]);
  expect(joins[4]).toMatchObject({ reason: "unknown-template" });
});

test("a row that repeats a sample exactly is that sample, not a second candidate", () => {
  const joiner = newJoiner();
  joiner.add({ id: "s0", source: { file: "a.jsonl", row: 9 }, question: QUESTIONS[0] as string, groundTruth: "0" });
  expect(joinAll(joiner, [{ prompt: chat("What is 1?") }, { index: 9 }])).toMatchObject([
    { sampleId: "s0", by: "text" },
    { sampleId: "s0", by: "index" },
  ]);
});

test("a response that names nothing is not joined", () => {
  expect(joinAll(newJoiner(), [{}])).toEqual([{ reason: "no-match", detail: "neither id, row nor prompt is logged" }]);
});
