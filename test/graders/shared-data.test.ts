import { expect, test } from "vitest";
import { openGrader } from "../../src/graders/index.ts";
import { readShared } from "./shared-cases.ts";

interface Row {
  readonly id: string;
  readonly answer: string;
  readonly choices?: readonly string[];
}

/** Ground truths that are whole proofs or explanations: no rule can grade them. */
const UNGRADABLE = [
  "k12-29486612-6016-40c8-9f7d-2ab1108e8820",
  "k12-51355fdf-ef99-450a-9625-2f024e12a84f",
  "k12-eb9fba46-ec54-4f71-ab9b-b23b770005b1",
  "k12-9b4cda47-5994-4b29-8dde-aa832b1ec2a1",
  "k12-22ba1423-2c12-47c4-b9cc-3baa2562e047",
  "k12-be3eff1b-f1a1-462a-86b8-82910e37091b",
  "k12-9d6e539c-487f-425f-af14-f980b7e1ba5f",
  "k12-e6824688-3645-4637-bc13-4d97b0c4c93e",
];

for (const [set, kinds] of [
  ["easyvqa-train", { word: 1200, "yes-no": 800 }],
  ["nlvr-dev", { "true-false": 300 }],
  [
    "tabmwp-dev",
    {
      integer: 130,
      word: 31,
      decimal: 18,
      "yes-no": 15,
      phrase: 11,
      fraction: 11,
      time: 7,
      duration: 1,
      "true-false": 1,
    },
  ],
  ["mathv-dev", { choice: 71, integer: 63 }],
  ["k12-dev", {}],
] as const) {
  test(`every ground truth of ${set} has a kind or a reason why not, and answers itself`, async () => {
    const rows = readShared<Row>(`data/${set}/data.jsonl`);
    if (rows === undefined) return;
    await using grader = openGrader();
    const found: Record<string, number> = {};
    const [ungradable, denied]: [string[], string[]] = [[], []];
    for (const { id, answer, choices } of rows) {
      const check = grader.check(answer, choices);
      found[check.kind] = (found[check.kind] ?? 0) + 1;
      if (!check.gradable) {
        ungradable.push(id);
        expect(check.reason).toMatch(/\w/);
        continue;
      }
      const request = {
        groundTruth: answer,
        response: `<think>So.</think> \\boxed{${answer}}`,
        ...(choices && { choices }),
      };
      if ((await grader.grade(request)).verdict !== "correct") denied.push(id);
    }
    expect(found).toMatchObject(kinds);
    expect(denied).toEqual([]);
    expect(ungradable.toSorted()).toEqual(
      UNGRADABLE.filter((id) => id.startsWith(set.split("-")[0] as string)).toSorted(),
    );
  });
}

test("the number of options is known for choice letters among options", async () => {
  const rows = readShared<Row>("data/mathv-dev/data.jsonl");
  if (rows === undefined) return;
  await using grader = openGrader();
  const choices = rows.filter((row) => /^[A-E]$/.test(row.answer));
  expect(choices.map((row) => grader.check(row.answer, row.choices).options)).toEqual(
    choices.map((row) => row.choices?.length),
  );
});
