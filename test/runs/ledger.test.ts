import { expect, test } from "vitest";
import { Ledger } from "../../src/runs/ledger.ts";

const SAMPLES = [
  { id: "a", file: "f", row: 0 },
  { id: "b", file: "f", row: 1, options: 4 },
  { id: "c", file: "f", row: 2, ungradable: "a proof" },
];

test("evidence counts only the unbroken run of rollouts from index 0", () => {
  const ledger = new Ledger(SAMPLES, 5);
  ledger.addRollout("a", "image", 0, "correct", false);
  ledger.addRollout("a", "image", 1, "wrong", true);
  ledger.addRollout("a", "image", 3, "correct", false);
  expect(ledger.evidence()[0]?.image).toEqual({ taken: 2, correct: 1, truncated: 1 });
});

test("a gap is asked for, and what lies behind it is not asked for again", () => {
  const ledger = new Ledger(SAMPLES, 5);
  ledger.addRollout("a", "image", 0, "correct", false);
  ledger.addRollout("a", "image", 2, "correct", false);
  expect(ledger.missing("a", "image", 2)).toEqual([1]);
  expect(ledger.missing("a", "image", 4)).toEqual([1, 3, 4]);
});

test("no more than M rollouts are ever asked for", () => {
  const ledger = new Ledger(SAMPLES, 5);
  expect(ledger.missing("b", "text", 99)).toEqual([0, 1, 2, 3, 4]);
});

test("the arms of a sample, and the samples, are kept apart", () => {
  const ledger = new Ledger(SAMPLES, 2);
  ledger.addRollout("a", "text", 1, "correct", false);
  ledger.addRollout("b", "image", 0, "wrong", false);
  expect(ledger.has("a", "image", 1)).toBe(false);
  expect(ledger.has("a", "text", 1)).toBe(true);
  expect(ledger.evidence().map((e) => [e.image.taken, e.text.taken])).toEqual([
    [0, 0],
    [1, 0],
    [0, 0],
  ]);
});

test("rollouts of unknown samples and beyond M are left alone", () => {
  const ledger = new Ledger(SAMPLES, 2);
  ledger.addRollout("nobody", "image", 0, "correct", false);
  ledger.addRollout("a", "image", 2, "correct", false);
  expect(ledger.size).toBe(0);
});

test("attention counts as measured once every with-image rollout has it", () => {
  const ledger = new Ledger(SAMPLES, 2);
  ledger.addAttention("a", 0, { logPsi: -1 });
  expect(ledger.evidence()[0]?.logPsi).toBeUndefined();
  ledger.addAttention("a", 1, { logPsi: Number.NEGATIVE_INFINITY });
  expect(ledger.evidence()[0]?.logPsi).toEqual([-1, Number.NEGATIVE_INFINITY]);
});

test("a sample that was set aside is no evidence, and a note of its reason stays", () => {
  const ledger = new Ledger(SAMPLES, 2);
  ledger.refuse("b", "prompt too long");
  expect(ledger.evidence().map((e) => e.sampleId)).toEqual(["a", "c"]);
  expect(ledger.refused.get("b")).toBe("prompt too long");
});

test("what is known of a sample's ground truth travels with its evidence", () => {
  const [, b, c] = new Ledger(SAMPLES, 1).evidence();
  expect(b?.options).toBe(4);
  expect(c?.ungradable).toBe("a proof");
});
