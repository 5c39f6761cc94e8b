import { expect, test } from "vitest";
import { openGrader } from "../../src/graders/index.ts";
import { gradeByLoggedScore, parseCorrectIff } from "../../src/graders/logged-score.ts";

test("a rule is one field, one relation and one number", () => {
  expect(parseCorrectIff("score >= 1")).toEqual({ field: "score", relation: ">=", limit: 1 });
  expect(parseCorrectIff(" reward.acc==0.5 ")).toEqual({ field: "reward.acc", relation: "=", limit: 0.5 });
  expect(parseCorrectIff("DAPO_score > -1e-3")).toEqual({ field: "DAPO_score", relation: ">", limit: -0.001 });
});

test.each([
  "",
  "score",
  "score >=",
  "score >= one",
  "1 >= score",
  "score >= 1; rm",
  "score >= 1 || true",
  "f() > 1",
  "a >= 0x10",
])("`%s` is no rule, and nothing of it is run", (text) => {
  expect(() => parseCorrectIff(text)).toThrow(/--correct-iff.*such as 'reward >= 1'/);
});

test.each([
  [">=", 1, [false, true, true]],
  [">", 1, [false, false, true]],
  ["<=", 1, [true, true, false]],
  ["<", 1, [true, false, false]],
  ["==", 1, [false, true, false]],
])("score %s %d decides over scores 0.9, 1 and 1.1", async (relation, limit, expected) => {
  await using rules = await openGrader();
  const grader = gradeByLoggedScore(rules, parseCorrectIff(`score ${relation} ${limit}`));
  const verdicts = [0.9, 1, 1.1].map((loggedScore) => grader.grade({ groundTruth: "3", response: "", loggedScore }));
  expect(verdicts.map((grade) => "verdict" in grade && grade.verdict === "correct")).toEqual(expected);
});

test("what has no logged score is graded by the rules, and the version tells the two apart", async () => {
  await using rules = await openGrader();
  const grader = gradeByLoggedScore(rules, parseCorrectIff("score >= 1"));
  expect(await grader.grade({ groundTruth: "3", response: "\\boxed{3}" })).toMatchObject({ verdict: "correct" });
  expect(grader.version).not.toBe(rules.version);
  expect(gradeByLoggedScore(rules, parseCorrectIff("score > 1")).version).not.toBe(grader.version);
});
