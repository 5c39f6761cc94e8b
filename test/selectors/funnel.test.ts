import fc from "fast-check";
import { expect, test } from "vitest";
import { resolveSelection, type SelectionInput } from "../../src/config.ts";
import type { Evidence } from "../../src/records.ts";
import { describeExtreme, newSelector, summarise } from "../../src/selectors/index.ts";
import { workedTable } from "../estimators/worked-table.ts";
import { completeEvidence, datasets, SimulatedRun, selections } from "./simulated-run.ts";

function funnelOf(evidence: readonly Evidence[], input: SelectionInput = {}, attention = true) {
  const options = resolveSelection(input, 0);
  const funnel = summarise(newSelector(options).select(evidence, attention), evidence);
  return { ...funnel, extreme: describeExtreme(funnel, options) };
}

test("the worked example goes through the funnel step by step", () => {
  const rows = workedTable("docs/selectors/rap.md", "sample | c₁ | c₀ | ψ | D | D_diff | reason | selected");
  const samples = Object.fromEntries(
    rows.map(([id, c1, c0, psi]) => [id, [Number(c1), Number(c0), Number(psi)] as const]),
  );
  const evidence = completeEvidence(samples);
  expect(funnelOf(evidence)).toEqual({
    samples: 8,
    ungradable: 0,
    incomplete: 0,
    passedCde: 3,
    passedAce: 2,
    aceRan: true,
    easy: 1,
    easyReplaced: 1,
    filled: 0,
    overBudget: 0,
    selected: 2,
    share: 0.25,
    attended: 8,
    rollouts: { image: 40, text: 40, saved: 0 },
    largestD: 1,
    extreme: undefined,
  });
  expect(funnelOf(evidence, { budget: 3 })).toMatchObject({ filled: 1, overBudget: 0, selected: 3 });
  expect(funnelOf(evidence, { budget: 1 })).toMatchObject({ filled: 0, overBudget: 1, selected: 1 });
});

test("saved rollouts are those that both arms of the gradable samples would have taken more", () => {
  const arm = (taken: number) => ({ taken, correct: 0, truncated: 0 });
  const evidence = [
    { sampleId: "a", m: 5, image: arm(5), text: arm(0) },
    { sampleId: "b", m: 5, image: arm(5), text: arm(2) },
    { sampleId: "c", m: 5, image: arm(0), text: arm(0), ungradable: "no answer" },
  ];
  expect(funnelOf(evidence).rollouts).toEqual({ image: 10, text: 2, saved: 8 });
});

test("an empty selection names the gate that emptied it", () => {
  const sample = completeEvidence({ x: [4, 1, 0.2], y: [0, 0, 0.01] });
  expect(funnelOf([])).toMatchObject({ emptiedBy: "ungradable", extreme: "There are no samples to select from." });
  expect(funnelOf(sample, { lambdaC: 0.6 })).toMatchObject({
    emptiedBy: "cde",
    extreme: "CDE turned all 2 gradable samples away (D > λ_c = 0.6; the largest D is 0.60); lower the threshold.",
  });
  expect(funnelOf(sample)).toMatchObject({
    emptiedBy: "ace",
    extreme: "ACE turned away all 1 samples that passed CDE (λ_a = 0.1); raise λ_a.",
  });
  expect(funnelOf(sample, { lambdaA: 1, budget: "10%" }).emptiedBy).toBe("budget");
  expect(funnelOf(completeEvidence({ x: [5, 0] }))).toMatchObject({ emptiedBy: "incomplete", passedCde: 1 });
  expect(funnelOf(completeEvidence({ x: [5, 0] }, { ungradable: "?" })).emptiedBy).toBe("ungradable");
});

test("a selection of everything is named too", () => {
  expect(funnelOf(completeEvidence({ x: [4, 0, 0.01], y: [3, 0, 0.01] })).extreme).toMatch(
    /^All 2 samples are selected/,
  );
});

test("without attention ACE's count is 0 and the easy ones are counted all the same", () => {
  const evidence = completeEvidence({ x: [5, 0], y: [4, 0] });
  expect(funnelOf(evidence, {}, false)).toMatchObject({
    aceRan: false,
    passedAce: 0,
    passedCde: 2,
    easy: 1,
    selected: 2,
  });
});

test("the funnel adds up", () => {
  fc.assert(
    fc.property(datasets, selections, fc.boolean(), fc.nat(8), (truths, options, attention, waves) => {
      const selector = newSelector(options);
      const evidence = new SimulatedRun(truths).gather(selector, "lazy", attention, waves).evidence();
      const decisions = selector.select(evidence, attention);
      const funnel = summarise(decisions, evidence);
      const reasons = (reason: string) => decisions.filter((one) => one.reason === reason).length;
      expect(funnel.selected).toBe(reasons("kept") + reasons("replacement") + funnel.filled);
      expect(funnel.passedAce).toBeLessThanOrEqual(funnel.passedCde);
      expect(funnel.easyReplaced).toBeLessThanOrEqual(funnel.easy);
      expect(funnel.emptiedBy === undefined).toBe(funnel.selected > 0);
      if (funnel.selected === 0) expect(describeExtreme(funnel, options)).toBeDefined();
    }),
    { numRuns: 150 },
  );
});
