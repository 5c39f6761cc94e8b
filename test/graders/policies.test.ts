import { expect, test } from "vitest";
import type { GradeRequest } from "../../src/graders/grader.ts";
import { openGrader } from "../../src/graders/index.ts";
import { type GradingPolicies, parsePolicies } from "../../src/graders/policies.ts";

async function grade(groundTruth: string, response: string, policies: Partial<GradingPolicies> = {}) {
  await using grader = openGrader({ policies });
  const request: GradeRequest = { groundTruth, response, mode: "answer" };
  return (await grader.grade(request)).verdict;
}

test.each([
  ["decimalPlaces", { decimalPlaces: 2 }, "\\sqrt{2}", "1.41", "wrong", "correct"],
  ["shownDigits", { shownDigits: 4 }, "\\frac{8}{3}", "2.6667", "wrong", "correct"],
  ["shownDigits, too few", { shownDigits: 4 }, "\\frac{8}{3}", "2.67", "wrong", "wrong"],
  ["relativeTolerance", { relativeTolerance: 1e-4 }, "\\sqrt{3}", "1.732", "wrong", "correct"],
  ["percentSignOptional", { percentSignOptional: false }, "10", "10%", "correct", "wrong"],
  ["unitOptional", { unitOptional: false }, "12 cm", "12", "correct", "wrong"],
  ["tupleParenthesesOptional", { tupleParenthesesOptional: true }, "(3,4)", "3, 4", "wrong", "correct"],
] as const)("%s changes the verdict it is about", async (_, policies, truth, answer, standard, changed) => {
  expect(await grade(truth, answer)).toBe(standard);
  expect(await grade(truth, answer, policies)).toBe(changed);
});

test("boxedOnly looks nowhere but in boxes and answer tags", async () => {
  await using grader = openGrader({ policies: { boxedOnly: true } });
  expect(await grader.grade({ groundTruth: "5", response: "The answer is 5." })).toMatchObject({ verdict: "wrong" });
  expect(await grader.grade({ groundTruth: "5", response: "\\boxed{5}" })).toMatchObject({ verdict: "correct" });
});

test("policies are part of the grader's version", () => {
  expect(openGrader().version).not.toBe(openGrader({ policies: { decimalPlaces: 2 } }).version);
});

test("policies are read from text, and an unknown one is named with what there is", () => {
  expect(parsePolicies("decimalPlaces=4, unitOptional=false")).toEqual({ decimalPlaces: 4, unitOptional: false });
  expect(parsePolicies("")).toEqual({});
  for (const text of ["colour=red", "decimalPlaces=many", "unitOptional=2", "constructor=1", "decimalPlaces="]) {
    expect(() => parsePolicies(text)).toThrow(/Unknown grading policy .*decimalPlaces=6/);
  }
});
