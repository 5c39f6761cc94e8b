import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, expect, type MockInstance, test, vi } from "vitest";
import { readArguments } from "../../src/cli/command.ts";
import { gradeCommand } from "../../src/cli/grade.ts";

let folder: string;
let output: MockInstance<typeof process.stdout.write>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "winnow-grade-"));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  output = vi.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(() => output.mockRestore());

async function grade(rows: string, ...flags: string[]): Promise<string[]> {
  const file = join(folder, "rows.jsonl");
  await writeFile(file, rows);
  await gradeCommand.run(readArguments(gradeCommand, [file, ...flags]), new AbortController().signal);
  return output.mock.calls.flatMap(([text]) => String(text).trimEnd().split("\n"));
}

const ROWS = [
  { id: "a", gold: "5", response: "<think>.</think> \\boxed{5}" },
  { id: "b", gold: 5, response: "The answer is 6." },
  { id: "c", gold: "", response: "\\boxed{5}" },
  { gold: "green", response: "(B)", mode: "answer", choices: ["red", "green"] },
]
  .map((row) => JSON.stringify(row))
  .join("\n");

test("--json prints a line per row with id, verdict, answer, rule and reason", async () => {
  const lines = await grade(ROWS, "--gold", "gold", "--response", "response", "--json");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { id: "a", verdict: "correct", answer: "5", rule: "boxed/integer", reason: null },
    { id: "b", verdict: "wrong", answer: "6", rule: "marker/integer", reason: null },
    { id: "c", verdict: "ungradable", answer: null, rule: "none/empty", reason: "The ground truth is empty." },
    { id: "4", verdict: "correct", answer: "(B)", rule: "answer/word", reason: null },
  ]);
});

test("without --json the rows are for people and the counts come last", async () => {
  const lines = await grade(ROWS);
  expect(lines[0]).toBe("correct     a  boxed/integer  5");
  expect(lines.at(-1)).toBe("2 correct, 1 wrong, 1 ungradable");
});

test("policies come from the command line", async () => {
  const row = JSON.stringify({ gold: "12 cm", response: "\\boxed{12}" });
  expect((await grade(row, "--policy", "unitOptional=false")).at(-1)).toBe("0 correct, 1 wrong, 0 ungradable");
});

test("a missing field, a broken line and a missing file are named", async () => {
  await expect(grade('{"answer": "5", "response": "5"}')).rejects.toThrow(
    /line 1: .*`gold`; the row has answer, response/,
  );
  await expect(grade('{"gold": "5", "response": "5"}\n{')).rejects.toThrow(/line 2: expected one JSON object per line/);
  const args = readArguments(gradeCommand, ["no-such-file.jsonl"]);
  await expect(gradeCommand.run(args, new AbortController().signal)).rejects.toThrow(
    "No such file: no-such-file.jsonl.",
  );
});

test("a row on standard input is answered before the next one is asked", async () => {
  const input = new PassThrough();
  vi.spyOn(process, "stdin", "get").mockReturnValue(input as unknown as typeof process.stdin);
  const printed: string[] = [];
  output.mockImplementation((text) => {
    printed.push(JSON.parse(String(text)).verdict);
    if (printed.length === 1) input.end('{"gold": "5", "response": "6"}\n');
    return true;
  });
  input.write('{"gold": "5", "response": "5"}\n');
  await gradeCommand.run(readArguments(gradeCommand, ["-", "--json"]), new AbortController().signal);
  expect(printed).toEqual(["correct", "wrong"]);
});

test("--against needs Math-Verify, and says how to install it", async () => {
  const missing = grade(ROWS, "--against", "math-verify", "--python", "no-such-python");
  await expect(missing).rejects.toMatchObject({ code: "missing" });
  await expect(grade(ROWS, "--against", "sympy")).rejects.toMatchObject({ code: "usage" });
});
