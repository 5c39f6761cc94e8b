import fc from "fast-check";
import { expect, test } from "vitest";
import { toWords } from "../../src/imports/normalise-text.ts";
import { QuestionIndex } from "../../src/imports/question-index.ts";

const words = fc.array(fc.constantFrom("a", "b", "c", "ab", "é", "1"), { minLength: 1, maxLength: 6 });

test("exactly the questions that stand in a prompt word for word are found, the longest first", () => {
  fc.assert(
    fc.property(
      fc.array(words, { minLength: 1, maxLength: 5 }),
      fc.array(words, { maxLength: 4 }),
      (questions, parts) => {
        const index = new QuestionIndex();
        for (const [place, question] of questions.entries()) index.add(question.join(" "), place);
        const prompt = [...parts.flat(), ...(questions[0] as string[])].join(" ");
        const found = [...index.find(prompt)];
        const inside = questions.flatMap((question, place) =>
          ` ${prompt} `.includes(` ${question.join(" ")} `) ? [place] : [],
        );
        expect([...new Set(found.flatMap(({ places }) => places))].sort()).toEqual(inside);
        const lengths = found.map(({ places }) => (questions[places[0] as number] as string[]).length);
        expect(lengths).toEqual([...lengths].sort((a, b) => b - a));
      },
    ),
  );
});

test("marks of images, space and Unicode forms make no difference to words", () => {
  const same = [
    "Is <image> café  here?",
    "Is <|vision_start|><|image_pad|><|vision_end|> cafe\u0301\nhere?",
    "Is [IMG] café here?",
  ];
  for (const text of same) expect(toWords(text)).toEqual(["Is", "café", "here?"]);
  expect(toWords(" \n")).toEqual([]);
  expect(toWords("a < b and c > d")).toEqual(["a", "<", "b", "and", "c", ">", "d"]);
});
