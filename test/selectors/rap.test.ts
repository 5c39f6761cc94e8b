import fc from "fast-check";
import { expect, test } from "vitest";
import { resolveSelection, type SelectionInput } from "../../src/config.ts";
import type { Decision, Evidence } from "../../src/records.ts";
import { newSelector } from "../../src/selectors/index.ts";
import { workedTable } from "../estimators/worked-table.ts";
import { completeEvidence, datasets, SimulatedRun, selections } from "./simulated-run.ts";

const rows = workedTable("docs/selectors/rap.md", "sample | c₁ | c₀ | ψ | D | D_diff | reason | selected");
const worked = completeEvidence(
  Object.fromEntries(rows.map(([id, c1, c0, psi]) => [id, [Number(c1), Number(c0), Number(psi)]])),
);

function select(evidence: readonly Evidence[], input: SelectionInput = {}, attention = true): Record<string, Decision> {
  const decisions = newSelector(resolveSelection(input, 0)).select(evidence, attention);
  return Object.fromEntries(decisions.map((one) => [one.sampleId, one]));
}

const selected = (decisions: Record<string, Decision>): string[] =>
  Object.values(decisions)
    .filter((one) => one.selected)
    .map((one) => one.sampleId)
    .sort();

test.each(rows)("of the worked example, %s (c₁ = %s, c₀ = %s, ψ = %s) has D = %s, D_diff = %s and is %s", (...row) => {
  const [id, , , psi, d, difficulty, reason, kept] = row as [string, ...string[]];
  const decision = select(worked)[id]!;
  expect(decision.score.d).toBeCloseTo(Number(d), 12);
  expect(decision.score.difficulty).toBeCloseTo(Number(difficulty), 12);
  expect(decision.score.psi).toBeCloseTo(Number(psi), 12);
  expect(decision.reason).toBe(reason);
  expect(decision.selected).toBe(kept === "yes");
});

test("an easy sample and its replacement name each other", () => {
  const { easy, hard } = select(worked);
  expect([easy?.counterpart, hard?.counterpart]).toEqual(["hard", "easy"]);
  expect(easy?.explanation).toBe("Easy: right in all 5 rollouts with the image; its place went to the harder hard.");
  expect(hard?.explanation).toBe(
    "D_diff = 0.60: takes the place of the easy easy; D = 0.20, not above λ_c = 0.5 " +
      "(2 of 5 right with the image, 1 of 5 without); ψ = 0.0500, not above λ_a = 0.1.",
  );
});

test("every gate's verdict is in the decision", () => {
  const decisions = select(worked);
  expect([decisions.sink?.passedCde, decisions.sink?.passedAce]).toEqual([true, false]);
  expect([decisions.easy?.passedCde, decisions.easy?.passedAce]).toEqual([true, true]);
  expect([decisions.hard?.passedCde, decisions.hard?.passedAce]).toEqual([false, undefined]);
});

test("a budget with room is filled by further candidates, never by what ACE turned away", () => {
  const decisions = select(worked, { budget: 3 });
  expect(selected(decisions)).toEqual(["hard", "middling", "needs-image"]);
  expect(decisions.middling?.reason).toBe("budget-fill");
  expect(selected(select(worked, { budget: 8 }))).toEqual(["hard", "middling", "needs-image"]);
});

test("a budget without room keeps survivors before replacements, and D decides among survivors", () => {
  const tight = select(worked, { budget: 1 });
  expect(selected(tight)).toEqual(["needs-image"]);
  expect(tight.hard?.reason).toBe("over-budget");
  const survivors = completeEvidence({ a: [4, 1, 0.01], b: [4, 0, 0.01], c: [3, 0, 0.01], d: [5, 0, 0.01] });
  expect(selected(select(survivors, { budget: 2, replace: 0 }))).toEqual(["b", "d"]);
  expect(selected(select(survivors, { budget: 3, replace: 0 }))).toEqual(["b", "c", "d"]);
  expect(selected(select(survivors, { budget: "50%", replace: 0 }))).toEqual(["b", "d"]);
});

test("replace takes a number, a share of the easy ones, or none", () => {
  const easy = Object.fromEntries(["a", "b", "c", "d"].map((id) => [id, [5, 0, 0.01] as const]));
  const hard = Object.fromEntries(["w", "x", "y", "z"].map((id) => [id, [1, 1, 0.01] as const]));
  const replaced = (replace: SelectionInput["replace"]) =>
    Object.values(select(completeEvidence({ ...easy, ...hard }), { replace })).filter(
      (one) => one.reason === "easy-replaced",
    ).length;
  expect([replaced("all"), replaced(3), replaced(9), replaced("50%"), replaced(0)]).toEqual([4, 3, 4, 2, 0]);
});

test("easy samples without a candidate left stay, and say so", () => {
  const decisions = select(
    completeEvidence({ a: [5, 0, 0.01], b: [5, 0, 0.01], hard: [1, 1, 0.01], never: [0, 0, 0.01] }),
  );
  expect(selected(decisions)).toHaveLength(2);
  const staying = Object.values(decisions).find((one) => one.reason === "kept");
  expect(staying?.explanation).toContain("easy, but no candidate was left to take its place");
});

test("the guard admits a replacement only if the image helped it", () => {
  const evidence = completeEvidence({ easy: [5, 0, 0.01], text: [1, 1, 0.01], image: [2, 1, 0.01] });
  expect(select(evidence).text?.reason).toBe("replacement");
  expect(select(evidence, { guard: true }).image?.reason).toBe("replacement");
});

test("candidates of different M rank by D_diff", () => {
  const evidence = [
    ...completeEvidence({ easy: [5, 0, 0.01], fifth: [1, 1, 0.01] }),
    ...completeEvidence({ tenth: [1, 1, 0.01] }, { m: 10 }),
  ];
  expect(select(evidence).tenth?.reason).toBe("replacement");
});

test("ψ of exactly λ_a is kept, and a quantile is taken over the samples that passed CDE", () => {
  const samples = { a: [4, 0, 0.1], b: [4, 0, 0.2], c: [4, 0, 0.3], d: [4, 0, 0.4], no: [0, 0, 0.001] } as const;
  expect(selected(select(completeEvidence(samples), { lambdaA: 0.1 }))).toEqual(["a"]);
  expect(selected(select(completeEvidence(samples), { lambdaA: "q50" }))).toEqual(["a", "b"]);
  expect(selected(select(completeEvidence(samples), { lambdaA: "q75" }))).toEqual(["a", "b", "c"]);
  expect(selected(select(completeEvidence(samples), { lambdaA: "q100" }))).toEqual(["a", "b", "c", "d"]);
});

test("without attention ACE does not run, ψ is absent, and the decision says so", () => {
  const decisions = select(worked, {}, false);
  expect(decisions.sink).toMatchObject({ reason: "kept", passedCde: true });
  expect(decisions.sink).not.toHaveProperty("passedAce");
  expect(decisions.sink?.score).not.toHaveProperty("psi");
  expect(decisions.sink?.explanation).toContain("attention was not available, so ACE did not run");
});

test("an ungradable sample is never selected and says why", () => {
  const evidence = completeEvidence({ odd: [5, 0, 0.01] }, { ungradable: "two answers" });
  expect(select(evidence, { budget: 1 }).odd).toMatchObject({
    selected: false,
    reason: "ungradable",
    explanation: "The ground truth cannot be graded: two answers",
  });
});

test("what an interrupted run leaves undecided is incomplete", () => {
  const [base] = completeEvidence({ x: [5, 0, 0.01] });
  const arm = (taken: number, correct: number) => ({ taken, correct, truncated: 0 });
  const { logPsi: _, ...unattended } = base!;
  for (const evidence of [{ ...base!, image: arm(4, 4) }, { ...base!, text: arm(2, 0) }, unattended]) {
    expect(select([evidence]).x).toMatchObject({ selected: false, reason: "incomplete" });
  }
});

test.each(workedTable("docs/method/cde.md", "M | c₁ | c₀ | D | λ_c | kept"))(
  "at M = %s, c₁ = %s and c₀ = %s give D = %s, with λ_c = %s kept: %s",
  (m, c1, c0, _, lambdaC, kept) => {
    const evidence = completeEvidence({ x: [Number(c1), Number(c0), 0.01] }, { m: Number(m) });
    expect(select(evidence, { lambdaC: Number(lambdaC), replace: 0 }).x?.passedCde).toBe(kept === "yes");
  },
);

test.each(workedTable("docs/method/uncertainty.md", "M | c₁ | c₀ | probability | kept"))(
  "preset robust at M = %s: c₁ = %s, c₀ = %s (%s), kept: %s",
  (m, c1, c0, _, kept) => {
    const evidence = completeEvidence({ x: [Number(c1), Number(c0), 0.01] }, { m: Number(m) });
    expect(select(evidence, { preset: "robust" }).x?.passedCde).toBe(kept === "yes");
  },
);

test("every λ_c of at most three decimals is compared exactly", () => {
  for (let thousandths = -1000; thousandths <= 1000; thousandths++) {
    for (const m of [5, 7, 10]) {
      const evidence = completeEvidence({ x: [m - 1, 1, 0.01] }, { m });
      const passed = select(evidence, { lambdaC: thousandths / 1000 }, false).x?.passedCde;
      expect(passed, `λ_c = ${thousandths / 1000}, M = ${m}`).toBe((m - 2) * 1000 > thousandths * m);
    }
  }
});

test("preset robust corrects a choice for chance, preset paper does not", () => {
  const evidence = completeEvidence({ x: [3, 1, 0.01] }, { options: 2 });
  const difference = { gate: "difference", lambdaC: 0.5 } as const;
  expect(select(evidence, { preset: "paper", ...difference }).x?.passedCde).toBe(false);
  expect(select(evidence, { preset: "robust", ...difference }).x?.passedCde).toBe(true);
  expect(select(evidence, { preset: "robust" }).x?.score.dChance).toBeCloseTo(0.8, 12);
});

test("the selection does not depend on the order of rows, and its bytes only on evidence and seed", () => {
  fc.assert(
    fc.property(datasets, selections, fc.boolean(), fc.nat(), (truths, options, attention, shift) => {
      const run = new SimulatedRun(truths).gather(newSelector(options), "lazy", attention, shift % 6);
      const evidence = run.evidence();
      const moved = evidence.map((_, i) => evidence[(i * 7 + shift) % evidence.length]!);
      const shuffled = new Set(moved).size === evidence.length ? moved : [...evidence].reverse();
      const byId = (decisions: readonly Decision[]) =>
        JSON.stringify([...decisions].sort((a, b) => (a.sampleId < b.sampleId ? -1 : 1)));
      const selector = newSelector(options);
      const decisions = selector.select(evidence, attention);
      expect(byId(newSelector(options).select(shuffled, attention))).toBe(byId(decisions));
      expect(JSON.stringify(newSelector(options).select(evidence, attention))).toBe(JSON.stringify(decisions));
      const places = decisions.flatMap((one, i) => (one.selected ? [i] : []));
      expect([...selector.choose(evidence, attention).selected].sort((a, b) => a - b)).toEqual(places);
    }),
    { numRuns: 200 },
  );
});

test("a seed of its own settles ties in another way", () => {
  const easy = Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`easy ${i}`, [5, 0, 0.01] as const]));
  const hard = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`hard ${i}`, [1, 0, 0.01] as const]));
  const evidence = completeEvidence({ ...easy, ...hard });
  const taken = (seed: number) =>
    newSelector(resolveSelection({}, seed))
      .select(evidence, true)
      .filter((one) => one.selected)
      .map((one) => one.sampleId);
  expect(taken(1)).toEqual(taken(1));
  expect(taken(1)).not.toEqual(taken(2));
});
