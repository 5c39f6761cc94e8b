import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MethodName, resolveSelection, type SelectionInput } from "../../../src/config.ts";
import type { Decision, Traits } from "../../../src/records.ts";
import { newSelector } from "../../../src/selectors/index.ts";
import { datasets, SimulatedRun, type Truth } from "../simulated-run.ts";

/** Every method, with the options it cannot do without. */
const METHODS: Readonly<Record<MethodName, readonly SelectionInput[]>> = {
  rap: [{}, { without: ["cde"] }, { without: ["ace"] }, { without: ["drm"] }, { without: "cde,ace,drm" as never }],
  full: [{}],
  random: [{}],
  "pass-rate-band": [{}, { minPass: 0.2, maxPass: 0.8 }],
  "variance-first": [{}],
  limr: [{ curves: "rewards.jsonl" }],
  s1: [{}],
  limo: [{}],
  "rap-released": [{}, { similarity: 0.5 }],
  pism: [{}],
  winnow: [{}],
};

const traits: fc.Arbitrary<Traits> = fc.record({
  responseTokens: fc.constantFrom(8, 12, 12.5, 100),
  formatted: fc.record({ image: fc.nat(3), text: fc.nat(3) }),
  rival: fc.nat(4),
  reasoning: fc.record({
    words: fc.nat(50),
    verifying: fc.constantFrom(0, 0.1),
    exploring: fc.constantFrom(0, 0.2),
    connecting: fc.constant(0),
  }),
  domain: fc.constantFrom("integer", "word", "choice"),
  curve: fc.array(fc.option(fc.constantFrom(0, 0.2, 0.5, 1)), { minLength: 3, maxLength: 3 }),
  masked: fc
    .tuple(fc.nat(3), fc.nat(3))
    .map((right) => right.map((correct, i) => ({ share: 0.3 * (i + 1), counts: { taken: 3, correct, truncated: 0 } }))),
});

const truthsWithTraits: fc.Arbitrary<readonly Truth[]> = datasets.chain((truths) =>
  fc.tuple(...truths.map(() => traits)).map((all) => truths.map((truth, i) => ({ ...truth, traits: all[i]! }))),
);

const budgets = fc.constantFrom<SelectionInput["budget"]>(undefined, 1, 3, 8, 100, "10%", "50%");

describe.each(Object.entries(METHODS))("method %s", (method, inputs) => {
  const options = fc
    .tuple(fc.constantFrom(...inputs), budgets, fc.constantFrom("paper" as const, "robust" as const))
    .map(([input, budget, preset]) =>
      resolveSelection({ method: method as MethodName, preset, ...input, ...(budget !== undefined && { budget }) }, 5),
    );

  test("selects the same from lazy and full evidence, and leaves nothing undecided", () => {
    fc.assert(
      fc.property(truthsWithTraits, options, fc.boolean(), (truths, selection, attention) => {
        const selector = newSelector(selection);
        const lazy = new SimulatedRun(truths).gather(selector, "lazy", attention);
        const full = new SimulatedRun(truths).gather(selector, "full", attention);
        const found = selector.select(lazy.evidence(), attention);
        const whole = selector.select(full.evidence(), attention);
        const gist = (decisions: readonly Decision[]) =>
          decisions.map(({ sampleId, selected, reason, counterpart }) => ({ sampleId, selected, reason, counterpart }));
        expect(gist(found)).toEqual(gist(whole));
        expect(found.filter((one) => one.reason === "incomplete")).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("does not depend on the order of rows, and says the same thing twice", () => {
    fc.assert(
      fc.property(truthsWithTraits, options, fc.boolean(), fc.nat(), (truths, selection, attention, waves) => {
        const selector = newSelector(selection);
        const evidence = new SimulatedRun(truths).gather(selector, "lazy", attention, waves % 4).evidence();
        const byId = (decisions: readonly Decision[]) =>
          JSON.stringify([...decisions].sort((a, b) => (a.sampleId < b.sampleId ? -1 : 1)));
        const decisions = selector.select(evidence, attention);
        const turned = newSelector(selection).select([...evidence].reverse(), attention);
        expect(byId(turned)).toBe(byId(decisions));
        const places = decisions.flatMap((one, i) => (one.selected ? [i] : []));
        expect([...selector.choose(evidence, attention).selected].sort((a, b) => a - b)).toEqual(places);
      }),
      { numRuns: 60 },
    );
  });

  test("keeps to its budget, takes nothing ungradable and explains every decision", () => {
    fc.assert(
      fc.property(truthsWithTraits, options, fc.boolean(), (truths, selection, attention) => {
        const selector = newSelector(selection);
        const evidence = new SimulatedRun(truths).gather(selector, "lazy", attention).evidence();
        const decisions = selector.select(evidence, attention);
        const selected = decisions.filter((one) => one.selected);
        const gradable = truths.filter((truth) => truth.ungradable === undefined).length;
        const { budget } = selection;
        const most = typeof budget === "object" ? Math.round(budget.share * gradable) : budget;
        expect(selected.length).toBeLessThanOrEqual(most ?? gradable);
        for (const [i, decision] of decisions.entries()) {
          expect(decision.reason === "ungradable").toBe(truths[i]!.ungradable !== undefined);
          expect(decision.explanation.length).toBeGreaterThan(20);
          if (decision.selected) expect(["kept", "replacement", "budget-fill"]).toContain(decision.reason);
        }
      }),
      { numRuns: 60 },
    );
  });

  test("a larger budget takes all that a smaller one does, where samples stand in one line", () => {
    if (method === "rap") return;
    fc.assert(
      fc.property(truthsWithTraits, fc.constantFrom(...inputs), fc.nat(10), (truths, input, budget) => {
        const take = (size: number): string[] => {
          const selector = newSelector(resolveSelection({ ...input, method: method as MethodName, budget: size }, 5));
          const evidence = new SimulatedRun(truths).gather(selector, "lazy", false).evidence();
          return [...selector.choose(evidence, false).selected].map((place) => evidence[place]!.sampleId);
        };
        const larger = take(budget + 2);
        expect(take(budget + 1).filter((id) => !larger.includes(id))).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

test("methods that need no rollout with a budget ask for none", () => {
  const truths = fc.sample(datasets, { numRuns: 20, seed: 1 }).find((one) => one.length > 10)!;
  for (const input of [{ method: "full" }, { method: "random", budget: 4 }] as const) {
    expect(newSelector(resolveSelection(input, 0)).plan(new SimulatedRun(truths).evidence(), "lazy", true)).toEqual([]);
  }
});
