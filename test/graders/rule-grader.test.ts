import fc from "fast-check";
import { expect, test } from "vitest";
import { openGrader } from "../../src/graders/index.ts";

test("a grade names the extraction rule and the kind that decided", () => {
  const grader = openGrader();
  const rule = (groundTruth: string, response: string) =>
    (grader.grade({ groundTruth, response }) as { rule: string }).rule;
  expect(rule("5", "<think>.</think> \\boxed{5}")).toBe("boxed/integer");
  expect(rule("blue", "<answer>blue</answer>")).toBe("answer-tag/word");
  expect(rule("1/2", "#### 1/2")).toBe("hashes/fraction");
  expect(rule("C", "The answer is C.")).toBe("marker/choice");
  expect(rule("2.5", "2.5")).toBe("whole/decimal");
  expect(
    rule(
      "5",
      "Adding both of them up, and then looking once more at the whole table, gives me, after a long time of thinking about it, what I would call a good result with no doubt at all in my mind, which is $x = 5$.",
    ),
  ).toBe("formula/integer");
});

test("an unreadable ground truth is ungradable for every response, with the reason of its check", async () => {
  await using grader = openGrader();
  const check = grader.check("");
  expect(check).toEqual({ gradable: false, kind: "empty", reason: "The ground truth is empty." });
  expect(await grader.grade({ groundTruth: "", response: "\\boxed{}" })).toEqual({
    verdict: "ungradable",
    rule: "none/empty",
    reason: check.reason,
  });
});

test("a response without an answer is wrong and says why", () => {
  const grader = openGrader();
  const reason = (response: string) => grader.grade({ groundTruth: "5", response });
  expect(reason("")).toMatchObject({ verdict: "wrong", reason: "The response is empty." });
  expect(reason("<think>5")).toMatchObject({ verdict: "wrong", reason: expect.stringContaining("never closed") });
  expect(reason("I do not know what this could possibly be.")).toMatchObject({
    verdict: "wrong",
    reason: expect.stringContaining("No answer"),
  });
});

test("simple answers are graded at once, not in a promise", () => {
  expect(openGrader().grade({ groundTruth: "5", response: "\\boxed{5}" })).not.toBeInstanceOf(Promise);
});

const integer = fc.integer({ min: -1_000_000, max: 1_000_000 });

test("every integer answers itself in each notation, and no other integer", async () => {
  await using grader = openGrader();
  fc.assert(
    fc.property(integer, integer, (n, other) => {
      for (const text of [`${n}`, `$${n}$`, `${n}.0`, `x = ${n}`, `\\frac{${2 * n}}{2}`, n.toLocaleString("en-US")]) {
        const verdict = (truth: number) => grader.grade({ groundTruth: `${truth}`, response: `\\boxed{${text}}` });
        expect(verdict(n)).toMatchObject({ verdict: "correct" });
        if (other !== n) expect(verdict(other)).toMatchObject({ verdict: "wrong" });
      }
    }),
  );
});

test("fractions are equal exactly when their cross products are", async () => {
  await using grader = openGrader();
  const part = fc.integer({ min: 1, max: 500 });
  fc.assert(
    fc.property(part, part, part, part, (a, b, c, d) => {
      const grade = grader.grade({ groundTruth: `${a}/${b}`, response: `\\boxed{\\frac{${c}}{${d}}}` });
      expect(grade).toHaveProperty("verdict", a * d === b * c ? "correct" : "wrong");
    }),
  );
});

test("a set does not mind its order, a tuple does", async () => {
  await using grader = openGrader();
  const items = fc.uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 3, maxLength: 8 });
  fc.assert(
    fc.property(items, (values) => {
      const turned = [...values.slice(1), values[0]].join(", ");
      const grade = (open: string, close: string) =>
        grader.grade({
          groundTruth: `${open}${values.join(", ")}${close}`,
          response: `\\boxed{${open}${turned}${close}}`,
        });
      expect(grade("\\{", "\\}")).toHaveProperty("verdict", "correct");
      expect(grade("(", ")")).toHaveProperty("verdict", "wrong");
    }),
  );
});
