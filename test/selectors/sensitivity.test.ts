import { expect, test } from "vitest";
import { resolveSelection } from "../../src/config.ts";
import { measureSensitivity, newSelector } from "../../src/selectors/index.ts";
import { workedTable } from "../estimators/worked-table.ts";
import { completeEvidence, SimulatedRun } from "./simulated-run.ts";

const rows = workedTable("docs/selectors/rap.md", "sample | c₁ | c₀ | ψ | D | D_diff | reason | selected");
const worked = completeEvidence(
  Object.fromEntries(rows.map(([id, c1, c0, psi]) => [id, [Number(c1), Number(c0), Number(psi)]])),
);
const paper = resolveSelection({}, 0);

const kept = (points: readonly { value: number; kept: number }[]): [number, number][] =>
  points.map(({ value, kept: n }) => [value, n]);

test("of the worked example, 4 samples have D > 0 and ψ ≤ 0.1, 2 have D > 0.2, and 1 has D > 0.8", () => {
  const { cde } = measureSensitivity(worked, paper, true);
  expect(cde).toMatchObject({ option: "lambdaC", chosen: 0.5 });
  const expected = [4, 4, 2, 2, 2, 2, 2, 2, 1, 1].map((n, i) => [i / 10, n]);
  expect(kept(cde.points)).toEqual(expected);
  expect(cde.points.every(({ open }) => open === 0)).toBe(true);
});

test("of its three survivors (ψ = 0.01, 0.02, 0.3), λ_a keeps those not above it", () => {
  const { ace } = measureSensitivity(worked, paper, true);
  expect(ace?.chosen).toBe(0.1);
  expect(kept(ace?.points ?? [])).toEqual([
    [0.01, 1],
    [0.02, 2],
    [0.05, 2],
    [0.1, 2],
    [0.2, 2],
    [0.5, 3],
  ]);
});

test("λ_a goes in even steps where all ψ lie within a decade", () => {
  const evidence = completeEvidence({ a: [5, 0, 0.52], b: [5, 0, 0.6], c: [5, 0, 0.71] });
  const { ace } = measureSensitivity(evidence, resolveSelection({ lambdaA: 0.62 }, 0), true);
  expect(kept(ace?.points ?? [])[0]).toEqual([0.52, 1]);
  expect(kept(ace?.points ?? []).find(([value]) => value === 0.62)).toEqual([0.62, 2]);
  expect(kept(ace?.points ?? []).at(-1)?.[1]).toBe(3);
});

test("the point of the value in force is the number that passed both gates", () => {
  for (const input of [{}, { preset: "robust" as const }, { lambdaC: 0.35, lambdaA: "q50" }]) {
    const options = resolveSelection(input, 0);
    const decisions = newSelector({ ...options, replace: 0 }).select(worked, true);
    const passed = decisions.filter((one) => one.passedAce).length;
    const { cde, ace } = measureSensitivity(worked, options, true);
    expect(cde.points.find(({ value }) => value === cde.chosen)?.kept).toBe(passed);
    expect(ace?.points.find(({ value }) => value === ace.chosen)?.kept).toBe(passed);
  }
});

test("after the lazy protocol a lower λ_c leaves samples open, and the truth lies between", () => {
  const truths = worked.map(({ sampleId, m, image, text, logPsi }) => ({
    sampleId,
    m,
    image: Array.from({ length: m }, (_, i) => i < image.correct),
    text: Array.from({ length: m }, (_, i) => i < text.correct),
    logPsi: logPsi ?? [],
  }));
  const evidence = new SimulatedRun(truths).gather(newSelector(paper), "lazy", true).evidence();
  const lazy = measureSensitivity(evidence, paper, true).cde.points;
  const full = measureSensitivity(worked, paper, true).cde.points;
  for (const [i, { kept: least, open }] of lazy.entries()) {
    expect(full[i]?.kept).toBeGreaterThanOrEqual(least);
    expect(full[i]?.kept).toBeLessThanOrEqual(least + open);
  }
  expect(lazy[0]?.open).toBeGreaterThan(0);
  expect(lazy[5]?.open).toBe(0);
});

test("without attention, or survivors, there is nothing to say of λ_a", () => {
  expect(measureSensitivity(worked, paper, false).ace).toBeUndefined();
  expect(measureSensitivity(completeEvidence({ x: [0, 5, 0.01] }), paper, true).ace).toBeUndefined();
});
