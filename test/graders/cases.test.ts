import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { GradeRequest } from "../../src/graders/grader.ts";
import { openGrader } from "../../src/graders/index.ts";

interface Case extends Omit<GradeRequest, "groundTruth"> {
  readonly id: string;
  readonly gold: string;
  readonly expected: string;
}

const cases = readFileSync("test/graders/cases.jsonl", "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Case);

test("every case of cases.jsonl gets the verdict written beside it", async () => {
  await using grader = openGrader();
  const different: string[] = [];
  for (const one of cases) {
    const grade = await grader.grade({ ...one, groundTruth: one.gold });
    if (grade.verdict !== one.expected) {
      different.push(
        `${one.id}: ${one.gold} | ${one.response} → ${grade.verdict} by ${grade.rule}, not ${one.expected}`,
      );
    }
  }
  expect(different).toEqual([]);
});

test("there are at least 200 cases, with the kinds that other collections lack", () => {
  expect(cases.length).toBeGreaterThanOrEqual(200);
  const kinds = new Set(cases.map((one) => one.id.replace(/-\d+$/, "")));
  for (const kind of ["letter", "option-text", "yes-no", "word", "integer", "unit"]) expect(kinds).toContain(kind);
});
