import fc from "fast-check";
import { expect, test } from "vitest";
import { resolveSelection } from "../../src/config.ts";
import { newSelector, summarise } from "../../src/selectors/index.ts";
import { rolloutsToSettle, textVerdict } from "../../src/selectors/text-arm.ts";
import { workedTable } from "../estimators/worked-table.ts";
import { selectOneAtATime } from "./one-at-a-time.ts";
import { datasets, SimulatedRun, selections, type Truth } from "./simulated-run.ts";

test.each(workedTable("docs/method/lazy-protocol.md", "M | λ_c | c₁ | n | c₀ | verdict | ask for"))(
  "at M = %s, λ_c = %s, c₁ = %s, after %s text-only rollouts with %s right CDE is %s and asks for %s",
  (...cells) => {
    const [m, lambdaC, c1, taken, correct] = cells.map(Number) as [number, number, number, number, number];
    const text = { taken, correct, truncated: 0 };
    const evidence = { sampleId: "x", m, image: { taken: m, correct: c1, truncated: 0 }, text };
    const selector = newSelector(resolveSelection({ lambdaC, replace: 0 }, 0));
    const needs = selector.plan([evidence], "lazy", false);
    expect(needs.reduce((sum, need) => sum + need.rollouts, 0)).toBe(Number(cells[6]));
    const { passedCde } = selector.select([evidence], false)[0]!;
    expect(passedCde).toBe(cells[5] === "open" ? undefined : cells[5] === "passed");
  },
);

test("the wave asked for is the smallest that could settle a verdict, and could settle it", () => {
  const cases = fc
    .integer({ min: 1, max: 20 })
    .chain((m) => fc.tuple(fc.constant(m), fc.nat(m), fc.integer({ min: -2, max: m + 2 })))
    .chain(([m, taken, cap]) => fc.tuple(fc.constant(m), fc.constant(taken), fc.nat(taken), fc.constant(cap)));
  fc.assert(
    fc.property(cases, ([m, taken, correct, cap]) => {
      const more = rolloutsToSettle({ taken, correct, truncated: 0 }, m, cap);
      expect(taken + more).toBeLessThanOrEqual(m);
      const after = (wave: number, right: number) =>
        textVerdict({ taken: taken + wave, correct: correct + right, truncated: 0 }, m, cap);
      for (let wave = 0; wave < more; wave++)
        for (let right = 0; right <= wave; right++) expect(after(wave, right)).toBe("open");
      expect([after(more, 0), after(more, more)].some((verdict) => verdict !== "open")).toBe(true);
    }),
  );
});

test("lazy takes what one at a time takes, and full, lazy and one at a time select the same set", () => {
  fc.assert(
    fc.property(datasets, selections, fc.boolean(), (truths, options, attention) => {
      const selector = newSelector(options);
      const lazy = new SimulatedRun(truths).gather(selector, "lazy", attention);
      const full = new SimulatedRun(truths).gather(selector, "full", attention);
      const reference = selectOneAtATime(truths, options, attention);

      const found = selector.select(lazy.evidence(), attention);
      const whole = selector.select(full.evidence(), attention);
      const gist = (decisions: typeof found) =>
        decisions.map(({ sampleId, selected, reason, counterpart, passedCde, passedAce }) => ({
          sampleId,
          selected,
          reason,
          counterpart,
          passedCde,
          passedAce,
        }));
      expect(gist(found)).toEqual(gist(whole));
      expect(found.every((one) => one.reason !== "incomplete")).toBe(true);
      expect(new Set(found.filter((one) => one.selected).map((one) => one.sampleId))).toEqual(reference.selected);

      for (const { sampleId } of truths) expect(lazy.text.get(sampleId) ?? 0).toBe(reference.text.get(sampleId) ?? 0);
      expect(lazy.attended).toEqual(reference.attended);
      const taken = (run: SimulatedRun) => summarise(selector.select(run.evidence(), attention), run.evidence());
      expect(taken(lazy).rollouts.image).toBe(taken(full).rollouts.image);
      expect(taken(lazy).rollouts.text).toBeLessThanOrEqual(taken(full).rollouts.text);
      expect(taken(full).rollouts.saved).toBe(0);
    }),
    { numRuns: 400 },
  );
});

test("changing the thresholds of a finished run tops up what became needed, and ends where a fresh run ends", () => {
  fc.assert(
    fc.property(datasets, selections, selections, (truths, before, after) => {
      const [first, second] = [newSelector(before), newSelector(after)];
      const run = new SimulatedRun(truths).gather(first, "lazy", true).gather(second, "lazy", true);
      const fresh = new SimulatedRun(truths).gather(second, "lazy", true);
      const select = (one: SimulatedRun) => second.select(one.evidence(), true).map((decision) => decision.selected);
      expect(select(run)).toEqual(select(fresh));
    }),
    { numRuns: 100 },
  );
});

const many = (count: number, c1: number, c0: number, psi = 0.01): Truth[] =>
  Array.from({ length: count }, (_, i) => ({
    sampleId: `${c1}-${c0}-${i}`,
    m: 5,
    image: Array.from({ length: 5 }, (_, j) => j < c1),
    text: Array.from({ length: 5 }, (_, j) => j < c0),
    logPsi: Array<number>(5).fill(Math.log(psi)),
  }));

test("the text arm is not run where the image arm alone decides, and attention not read where CDE rejects", () => {
  const truths = [...many(10, 2, 0), ...many(10, 0, 0), ...many(4, 4, 0)];
  const run = new SimulatedRun(truths).gather(newSelector(resolveSelection({}, 0)), "lazy", true);
  expect([...run.text].filter(([, taken]) => taken > 0).map(([id]) => id.slice(0, 3))).toEqual(Array(4).fill("4-0"));
  expect([...run.text.values()].reduce((sum, taken) => sum + taken, 0)).toBe(4 * 4);
  expect(run.attended.size).toBe(4);
});

test("candidates are attended in one wave as many as are missing, and no further", () => {
  const truths = [...many(6, 5, 0), ...many(50, 1, 0)];
  const run = new SimulatedRun(truths).gather(newSelector(resolveSelection({}, 0)), "lazy", true);
  expect(run.attended.size).toBe(12);
  expect(run.waves).toBe(4);
});

test("ungradable samples are asked nothing by either protocol", () => {
  const truths = many(3, 4, 0).map((truth) => ({ ...truth, ungradable: "no answer" }));
  for (const protocol of ["lazy", "full"] as const) {
    expect(new SimulatedRun(truths).gather(newSelector(resolveSelection({}, 0)), protocol, true).waves).toBe(0);
  }
});

test("full reads the attention of every gradable sample, unless there is none to read", () => {
  const truths = [...many(3, 0, 0), ...many(3, 5, 5)];
  const selector = newSelector(resolveSelection({}, 0));
  expect(new SimulatedRun(truths).gather(selector, "full", true).attended.size).toBe(6);
  expect(new SimulatedRun(truths).gather(selector, "full", false).attended.size).toBe(0);
});
