import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { datatrove } from "../../src/imports/datatrove.ts";
import { easyr1 } from "../../src/imports/easyr1.ts";
import { LOG_LAYOUTS } from "../../src/imports/index.ts";
import { limr } from "../../src/imports/limr.ts";
import { lmmsEval } from "../../src/imports/lmms-eval.ts";
import { msSwift } from "../../src/imports/ms-swift.ts";
import { msSwiftInfer } from "../../src/imports/ms-swift-infer.ts";
import { openaiBatch } from "../../src/imports/openai-batch.ts";
import { rap } from "../../src/imports/rap.ts";
import { formatRequestId } from "../../src/imports/request-id.ts";
import { rows } from "../../src/imports/rows.ts";
import { trl } from "../../src/imports/trl.ts";
import { verl } from "../../src/imports/verl.ts";
import { verlGeneration } from "../../src/imports/verl-generation.ts";
import { collectLog, type LogFixture, testLogLayout, writeLog } from "./contract.ts";

const lines = (...records: object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join("");

/** Writes the rows of an SQL query as Parquet. */
function parquet(query: string): (path: string) => Promise<void> {
  return async (path) => {
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet)`);
  };
}

function completion(texts: readonly string[], usage?: object, finish = "stop"): object {
  const choices = texts.map((content, index) => ({
    index,
    message: { role: "assistant", content },
    finish_reason: finish,
  }));
  return { id: "c", object: "chat.completion", choices, ...(usage && { usage }) };
}

const key = { settings: "0123456789abcdef", sampleId: "0123456789abcdef0123456789abcdef" };

const FIXTURES: readonly LogFixture[] = [
  {
    layout: openaiBatch,
    file: "output.jsonl",
    content: lines(
      {
        id: "b1",
        custom_id: formatRequestId({ ...key, arm: "text", first: 3, count: 2 }),
        response: { status_code: 200, request_id: "r", body: completion(["a", "b"], { prompt_tokens: 7 }) },
        error: null,
      },
      { id: "b2", custom_id: "row-9", response: { status_code: 200, body: completion(["c"]) }, error: null },
      { id: "b3", custom_id: "row-10", response: { status_code: 400, body: {} }, error: null },
      { id: "b4", custom_id: "row-11", response: null, error: { message: "expired", code: "batch_expired" } },
      { id: "b5", custom_id: "row-12", response: { status_code: 200, body: completion(["d"], undefined, "abort") } },
    ),
    expected: [
      {
        ids: [],
        arm: "text",
        request: { ...key, index: 3 },
        response: "a",
        tokens: { finish: "stop", promptTokens: 7 },
      },
      {
        ids: [],
        arm: "text",
        request: { ...key, index: 4 },
        response: "b",
        tokens: { finish: "stop", promptTokens: 7 },
      },
      { ids: ["row-9"], response: "c", tokens: { finish: "stop" } },
      { ids: ["row-10"], trouble: "status 400" },
      { ids: ["row-11"], trouble: "error: expired" },
      { ids: ["row-12"], trouble: 'a choice with finish_reason "abort"' },
    ],
  },
  {
    layout: verl,
    file: "40.jsonl",
    content: lines(
      { input: "user\nWhat?\nassistant\n", output: "\\boxed{3}", gts: "3", score: 0.9, step: 40 },
      { input: "user\nWhy?", output: "4", gts: 4, score: 0.1, acc: true, extra_info: { index: 5 } },
    ),
    expected: [
      { ids: [], prompt: "user\nWhat?\nassistant\n", groundTruth: "3", response: "\\boxed{3}", score: 0.9, step: 40 },
      { ids: [], index: 5, prompt: "user\nWhy?", groundTruth: "4", response: "4", score: 1, step: 40 },
    ],
  },
  {
    layout: verlGeneration,
    file: "generated.parquet",
    content: parquet(
      `SELECT [{'role': 'user', 'content': '<image>What?'}] AS prompt, {'style': 'rule', 'ground_truth': '3'} AS reward_model,
       {'index': 8, 'split': 'train'} AS extra_info, ['a', 'b'] AS responses, 'x'::BLOB AS images`,
    ),
    expected: ["a", "b"].map((response) => ({
      ids: [],
      index: 8,
      prompt: "<image>What?",
      groundTruth: "3",
      response,
    })),
  },
  {
    layout: easyr1,
    file: "generations.log",
    content:
      "[prompt] user\nWhat?\n[output] <think>\n\n[ground_truth] 9\n[score] none\n</think> \\boxed{3}\n[ground_truth] 3\n[score] 0.9\n\n" +
      "[prompt] Why?\n[output] 4\n[ground_truth] 4\n[score] 1.0\n\n",
    expected: [
      {
        ids: [],
        prompt: "user\nWhat?",
        groundTruth: "3",
        response: "<think>\n\n[ground_truth] 9\n[score] none\n</think> \\boxed{3}",
        score: 0.9,
      },
      { ids: [], prompt: "Why?", groundTruth: "4", response: "4", score: 1 },
    ],
  },
  {
    layout: rap,
    file: "txt.json",
    content: JSON.stringify([
      {
        onlyid: "4",
        id: "g/7",
        answer: "\\boxed{3}",
        ground_truth: "3",
        reward: 1.0,
        response_length: 12,
        question: "?",
      },
      { onlyid: "5", reward: 0.1 },
    ]),
    expected: [
      {
        ids: ["4", "g/7"],
        arm: "text",
        groundTruth: "3",
        response: "\\boxed{3}",
        score: 1,
        tokens: { responseTokens: 12 },
      },
      { ids: ["5"], arm: "text", score: 0.1, tokens: {} },
    ],
  },
  {
    layout: limr,
    file: "step_16.json",
    content: JSON.stringify([{ prompt: "What?", reward: 1, response_length: 30 }]),
    expected: [{ ids: [], prompt: "What?", score: 1, step: 16, tokens: { responseTokens: 30 } }],
  },
  {
    layout: trl,
    file: "completions_00010.parquet",
    content: parquet(
      `SELECT 10 AS step, [{'role': 'user', 'content': 'What?'}] AS prompt, [{'role': 'assistant', 'content': '3'}] AS completion,
       0.5::DOUBLE AS format_reward, 1.0::DOUBLE AS accuracy_reward, '3' AS solution, 0.7::DOUBLE AS advantage`,
    ),
    expected: [{ ids: [], prompt: "What?", groundTruth: "3", response: "3", score: 1, step: 10 }],
  },
  {
    layout: msSwift,
    file: "completions.jsonl",
    content: lines({
      step: ["2", "2"],
      prompt: ["What?", "What?"],
      completion: ["3", "4"],
      MultiModalAccuracyORM: [1, 0],
      Format: [0, 1],
      solution: ["3", "3"],
      advantages: [0.5, -0.5],
    }),
    expected: [
      { ids: [], prompt: "What?", groundTruth: "3", response: "3", score: 1, step: 2 },
      { ids: [], prompt: "What?", groundTruth: "3", response: "4", score: 0, step: 2 },
    ],
  },
  {
    layout: msSwiftInfer,
    file: "result.jsonl",
    content: lines(
      { response: "3", labels: "3", messages: [{ role: "user", content: "What?" }], images: ["a.png"] },
      {
        id: "r2",
        messages: [
          { role: "user", content: [{ type: "text", text: "Why?" }] },
          { role: "assistant", content: "4" },
        ],
      },
    ),
    expected: [
      { ids: [], prompt: "What?", groundTruth: "3", response: "3" },
      { ids: ["r2"], prompt: "Why?", response: "4" },
    ],
  },
  {
    layout: lmmsEval,
    file: "20261101_samples_mathvista.jsonl",
    content: lines(
      {
        doc_id: 3,
        input: "What?",
        target: "3",
        resps: [["three", "3"]],
        filtered_resps: ["3"],
        doc_hash: "77",
        acc: 1.0,
      },
      { doc_id: 4, input: "Why?", target: "4", filtered_resps: ["4"], doc_hash: "78", acc: 0.0 },
    ),
    expected: [
      { ids: [], index: 3, prompt: "What?", groundTruth: "3", response: "three", score: 1 },
      { ids: [], index: 3, prompt: "What?", groundTruth: "3", response: "3", score: 1 },
      { ids: [], index: 4, prompt: "Why?", groundTruth: "4", response: "4", score: 0 },
    ],
  },
  {
    layout: datatrove,
    file: "00000.jsonl",
    content: lines({
      text: "What?",
      id: "d1",
      metadata: {
        answer: "3",
        rollout_results: [
          { text: "3", finish_reason: "length", usage: { prompt_tokens: 5, completion_tokens: 2 }, reasoning: "so" },
          "plain",
          { text: "x", finish_reason: "abort", usage: {} },
        ],
      },
    }),
    expected: [
      {
        ids: ["d1"],
        prompt: "What?",
        groundTruth: "3",
        response: "<think>so</think>3",
        tokens: { promptTokens: 5, responseTokens: 2, finish: "length" },
      },
      { ids: ["d1"], prompt: "What?", groundTruth: "3", response: "plain", tokens: {} },
      { ids: ["d1"], prompt: "What?", groundTruth: "3", trouble: "finish_reason abort" },
    ],
  },
  {
    layout: rows,
    file: "mine.jsonl",
    content: lines(
      { id: "r1", arm: "image", response: "3", score: 1, finish_reason: "stop", prompt_tokens: 4 },
      { index: 2, question: "Why?", answer: "4", prediction: "4" },
    ),
    expected: [
      { ids: ["r1"], arm: "image", response: "3", score: 1, tokens: { promptTokens: 4, finish: "stop" } },
      { ids: [], index: 2, prompt: "Why?", groundTruth: "4", response: "4", tokens: {} },
    ],
  },
];

test("every layout of the list has a fixture", () => {
  expect(FIXTURES.map(({ layout }) => layout.name).sort()).toEqual(LOG_LAYOUTS.map(({ name }) => name).sort());
});

for (const fixture of FIXTURES) testLogLayout(fixture);

test("the score is taken from the field that a rule names, also inside an object and column by column", async () => {
  const nested = { file: "1.jsonl", content: lines({ input: "a", output: "b", score: 0.1, reward: { acc: 1 } }) };
  expect((await collectLog(await writeLog(nested), verl, "reward.acc"))[0]?.score).toBe(1);
  const columns = { file: "completions.jsonl", content: lines({ prompt: ["a"], completion: ["b"], Format: [0.25] }) };
  expect((await collectLog(await writeLog(columns), msSwift, "Format"))[0]?.score).toBe(0.25);
  expect((await collectLog(await writeLog(columns), msSwift, "gone"))[0]?.score).toBeUndefined();
});
