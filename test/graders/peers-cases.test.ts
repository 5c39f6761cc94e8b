import { expect, test } from "vitest";
import { openGrader } from "../../src/graders/index.ts";
import { readShared } from "./shared-cases.ts";

interface PeerCase {
  readonly id: string;
  readonly gold: string;
  readonly prediction: string;
  readonly expected: boolean;
  readonly mode: string;
}

async function judge(rows: readonly PeerCase[]): Promise<{ missed: string[]; accepted: string[] }> {
  await using grader = openGrader();
  const [missed, accepted]: [string[], string[]] = [[], []];
  for (const row of rows) {
    const mode = row.mode === "answer" ? "answer" : "response";
    const { verdict } = await grader.grade({ groundTruth: row.gold, response: row.prediction, mode });
    if (verdict === "correct" && !row.expected) accepted.push(row.id);
    if (verdict !== "correct" && row.expected) missed.push(row.id);
  }
  return { missed, accepted };
}

test("at least 94 % of the peers' cases come out as expected, and no wrong answer is accepted", async () => {
  const rows = readShared<PeerCase>("cases/cases-dev.jsonl");
  if (rows === undefined) return;
  const { missed, accepted } = await judge(rows);
  expect(accepted).toEqual([]);
  expect(1 - missed.length / rows.length).toBeGreaterThanOrEqual(0.94);
});

test("no case whose ground truth was changed is accepted", async () => {
  const rows = readShared<PeerCase>("cases/cases-dev-mutated.jsonl");
  if (rows === undefined) return;
  expect((await judge(rows)).accepted).toEqual([]);
});

interface Solution {
  readonly gold: string;
  readonly prediction: string;
}

test("every worked solution is right for its own answer", async () => {
  const rows = readShared<Solution>("cases/corpus-math-golds.jsonl");
  if (rows === undefined) return;
  await using grader = openGrader();
  const missed = [];
  for (const { gold, prediction } of rows) {
    const { verdict } = await grader.grade({ groundTruth: gold, response: prediction });
    if (verdict !== "correct") missed.push(gold);
  }
  expect(missed).toEqual([]);
});

/** Answers of the corpus that are the same answer: a unit left out, another order, another spelling. */
const SAME: readonly (readonly string[])[] = [
  ["5", "x=5"],
  ["-2,1", "1,-2"],
  ["15", "15\\mbox{ cm}^2"],
  ["30", "30^\\circ"],
  ["36", "36^\\circ"],
  ["36", "\\$36"],
  ["90", "90^\\circ"],
  ["120", "120^\\circ"],
  ["10080", "10,\\!080"],
  ["\\frac14", "\\frac{1}{4}"],
  ["2\\sqrt{5}", "2 \\sqrt{5}"],
];

test("no worked solution is accepted for another answer", async () => {
  const rows = readShared<Solution>("cases/corpus-math-golds.jsonl");
  if (rows === undefined) return;
  await using grader = openGrader();
  const answers = [...new Set(rows.map((row) => row.gold))];
  const accepted = [];
  for (const { gold, prediction } of rows) {
    for (const other of answers) {
      if (other === gold || SAME.some((group) => group.includes(gold) && group.includes(other))) continue;
      const { verdict } = await grader.grade({ groundTruth: other, response: prediction });
      if (verdict === "correct") accepted.push(`${other} ← ${gold}`);
    }
  }
  expect(accepted).toEqual([]);
});
