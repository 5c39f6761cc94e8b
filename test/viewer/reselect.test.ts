import fc from "fast-check";
import { expect, test } from "vitest";
import { resolveSelection, type SelectionOptions } from "../../src/config.ts";
import { medianLogPsi } from "../../src/estimators/index.ts";
import type { Evidence } from "../../src/records.ts";
import { newSelector, summarise } from "../../src/selectors/index.ts";
import { type EvidenceTable, newEvidenceTable, REASONS, UNGRADABLE, writeId } from "../../src/view/evidence-columns.ts";
import { COUNT_METHODS } from "../../viewer/src/selection/flags.ts";
import { Reselector } from "../../viewer/src/selection/reselect.ts";
import { datasets, SimulatedRun, selections, type Truth } from "../selectors/simulated-run.ts";

/** One M for all, as in a run, and ids as runs give them. */
const runs: fc.Arbitrary<readonly Truth[]> = datasets
  .filter((truths) => truths.length > 0)
  .map((truths) =>
    truths
      .filter(({ m }) => m === truths[0]!.m)
      .map((truth) => ({ ...truth, sampleId: truth.sampleId.replaceAll("-", "") })),
  );

const byOtherMethods: fc.Arbitrary<SelectionOptions> = fc
  .record({
    method: fc.constantFrom(...COUNT_METHODS),
    budget: fc.constantFrom(undefined, 1, 4, "30%"),
    minPass: fc.constantFrom(0, 0.3),
  })
  .map(({ budget, ...input }) => resolveSelection({ ...input, ...(budget !== undefined && { budget }) }, 7));

function toTable(evidence: readonly Evidence[]): EvidenceTable {
  const table = newEvidenceTable({ m: evidence[0]!.m, samples: evidence.length, psiNames: ["paper"] });
  for (const [place, one] of evidence.entries()) {
    writeId(table, place, one.sampleId);
    for (const arm of ["image", "text"] as const) {
      table[arm].taken[place] = one[arm].taken;
      table[arm].correct[place] = one[arm].correct;
    }
    table.options[place] = one.options ?? 0;
    table.flags[place] = one.ungradable === undefined ? 0 : UNGRADABLE;
    table.logPsi.get("paper")![place] = medianLogPsi(one.logPsi) ?? Number.NaN;
  }
  return table;
}

test("a slider's selection is that of the command line's selector: reasons, funnel, words and what is still to run", () => {
  fc.assert(
    fc.property(
      runs,
      fc.array(fc.oneof(selections, byOtherMethods), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.nat(6),
      (truths, moves, attention, waves) => {
        const gathered = new SimulatedRun(truths).gather(newSelector(moves[0]!), "lazy", attention, waves);
        const evidence = gathered.evidence();
        const reselector = new Reselector(toTable(evidence), attention);
        for (const options of moves) {
          const selector = newSelector(options);
          const decisions = selector.select(evidence, attention);
          const found = reselector.select({ options, psiName: "paper" });
          expect(Array.from(found.reasons, (code) => REASONS[code - 1])).toEqual(decisions.map((one) => one.reason));
          expect([...found.selected]).toEqual(decisions.map((one) => (one.selected ? 1 : 0)));

          const { samples, selected, incomplete, ungradable, easyReplaced } = summarise(decisions, evidence);
          expect(found.funnel).toMatchObject({ samples, selected, incomplete, ungradable, easyReplaced });
          if (found.funnel.gates !== undefined) {
            const passed = decisions.filter((one) => one.passedCde === true);
            expect(found.funnel.gates.passedCde).toBe(passed.length);
            const through = found.funnel.gates.aceRuns ? passed.filter((one) => one.passedAce === true) : passed;
            expect(found.funnel.gates.passedAce).toBe(through.length);
          }

          const needs = selector.plan(evidence, "lazy", attention);
          const wanted = new Set(needs.map((need) => need.sampleId));
          expect([...found.wanted]).toEqual(evidence.map(({ sampleId }) => (wanted.has(sampleId) ? 1 : 0)));
          for (const arm of ["image", "text"] as const) {
            const ofArm = needs.filter(({ what }) => what === arm);
            const rollouts = ofArm.reduce((sum, need) => sum + need.rollouts, 0);
            expect(found.wave[arm]).toEqual({ samples: ofArm.length, rollouts });
          }

          for (const [place, { reason, explanation, score, counterpart }] of decisions.entries()) {
            if (reason === "ungradable") continue;
            const said = reselector.explain(place)!;
            expect([said.text, said.score]).toEqual([explanation, score]);
            const other = said.counterpart === null ? undefined : evidence[said.counterpart]!.sampleId;
            expect(other).toBe(counterpart);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a method that goes by more than counts shows the decisions on disk, whatever its budget", () => {
  const evidence = new SimulatedRun(fc.sample(runs, { numRuns: 1, seed: 4 })[0]!).evidence();
  const table = toTable(evidence);
  table.recorded[0] = 128 + REASONS.indexOf("kept") + 1;
  const found = new Reselector(table, true).select({
    options: resolveSelection({ method: "limo", budget: 3 }, 0),
    psiName: "paper",
  });
  expect(found.recorded).toBe(true);
  expect(found.funnel).toMatchObject({ samples: evidence.length, selected: 1, incomplete: evidence.length - 1 });
});

test("the methods offered are those that ask for no traits", () => {
  for (const method of COUNT_METHODS) expect(newSelector(resolveSelection({ method }, 0)).traits).toEqual([]);
});
