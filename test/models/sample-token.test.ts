import fc from "fast-check";
import { expect, test } from "vitest";
import { newTokenSampler } from "../../src/models/sample-token.ts";

/** Probabilities 0.5, 0.25, 0.125, 0.125. */
const LOGITS = Float32Array.from([3, 2, 1, 1].map((power) => power * Math.LN2));
const ALL = { temperature: 1, topP: 1, topK: 0 };

test("the token is where the cumulated probability passes the uniform number", () => {
  const draw = newTokenSampler(ALL);
  expect([0, 0.49, 0.51, 0.74, 0.76, 0.87, 0.88, 0.999].map((uniform) => draw(LOGITS, uniform))).toEqual([
    0, 0, 1, 1, 2, 2, 3, 3,
  ]);
});

test("temperature 0 takes the most probable token, the first of equals", () => {
  const draw = newTokenSampler({ ...ALL, temperature: 0 });
  expect(draw(Float32Array.of(1, 3, 3, 2), 0.99)).toBe(1);
});

test("a temperature of one half squares the odds", () => {
  // 64 : 16 : 4 : 4 of 88.
  const draw = newTokenSampler({ ...ALL, temperature: 0.5 });
  expect([0.72, 0.73, 0.9, 0.92, 0.96].map((uniform) => draw(LOGITS, uniform))).toEqual([0, 1, 1, 2, 3]);
});

test("top-k keeps the k most probable, the lower ids of equals", () => {
  const two = newTokenSampler({ ...ALL, topK: 2 });
  expect([0.66, 0.67, 0.999].map((uniform) => two(LOGITS, uniform))).toEqual([0, 1, 1]);
  const three = newTokenSampler({ ...ALL, topK: 3 });
  expect(three(LOGITS, 0.999)).toBe(2);
});

test("top-p keeps the smallest set that holds the share, and always one token", () => {
  const draws = (topP: number) =>
    [0, 0.5, 0.7, 0.999].map((uniform) => newTokenSampler({ ...ALL, topP })(LOGITS, uniform));
  expect(draws(0.4)).toEqual([0, 0, 0, 0]);
  expect(draws(0.6)).toEqual([0, 0, 1, 1]);
  expect(draws(0.75)).toEqual([0, 0, 1, 1]);
  expect(draws(0.8)).toEqual([0, 0, 1, 2]);
});

test("top-p applies to what top-k left", () => {
  // Top-2 leaves 2/3 and 1/3; 0.6 of that is the first token alone.
  expect(newTokenSampler({ temperature: 1, topK: 2, topP: 0.6 })(LOGITS, 0.999)).toBe(0);
});

test("any settings draw a token within the vocabulary, never one of probability 0", () => {
  const logit = fc.oneof(fc.float({ min: -50, max: 50, noNaN: true }), fc.constant(-Infinity));
  fc.assert(
    fc.property(
      fc.array(logit, { minLength: 1, maxLength: 40 }).filter((row) => row.some(Number.isFinite)),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      fc.nat(50),
      fc.double({ min: 0, max: 5, noNaN: true }),
      (row, uniform, topP, topK, temperature) => {
        const id = newTokenSampler({ temperature: temperature < 0.05 ? 0 : temperature, topP, topK })(
          Float32Array.from(row),
          uniform,
        );
        expect(Number.isFinite(row[id])).toBe(true);
      },
    ),
  );
});

test("a row of logits without a number is an error, not a token", () => {
  const row = new Float32Array(4).fill(Number.NaN);
  expect(() => newTokenSampler(ALL)(row, 0.5)).toThrow(RangeError);
  expect(() => newTokenSampler({ ...ALL, temperature: 0 })(row, 0.5)).toThrow(RangeError);
});
