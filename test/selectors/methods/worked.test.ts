import { expect, test } from "vitest";
import { resolveSelection, type SelectionInput } from "../../../src/config.ts";
import type { Decision, Evidence, Traits } from "../../../src/records.ts";
import { newSelector } from "../../../src/selectors/index.ts";
import { readReasoningMarks } from "../../../src/selectors/methods/reasoning-marks.ts";
import { workedTable } from "../../estimators/worked-table.ts";
import { completeEvidence, SimulatedRun, type Truth } from "../simulated-run.ts";

function select(evidence: readonly Evidence[], input: SelectionInput, seed = 0): Record<string, Decision> {
  const decisions = newSelector(resolveSelection(input, seed)).select(evidence, false);
  return Object.fromEntries(decisions.map((decision) => [decision.sampleId, decision]));
}

function withTraits(evidence: readonly Evidence[], traits: Readonly<Record<string, Traits>>): Evidence[] {
  return evidence.map((one) => ({ ...one, traits: traits[one.sampleId] ?? {} }));
}

const selectedIds = (decisions: Readonly<Record<string, Decision>>): string[] =>
  Object.values(decisions).flatMap((one) => (one.selected ? [one.sampleId] : []));

test.each(workedTable("docs/selectors/pass-rate-band.md", "M | c₁ | minPass | maxPass | admitted"))(
  "at M = %s, c₁ = %s lies in the band from %s to %s: %s",
  (m, c1, minPass, maxPass, admitted) => {
    const evidence = completeEvidence({ x: [Number(c1), 0] }, { m: Number(m) });
    const band = { method: "pass-rate-band", minPass: Number(minPass), maxPass: Number(maxPass) } as const;
    expect(select(evidence, band).x?.selected).toBe(admitted === "yes");
  },
);

test.each(workedTable("docs/selectors/variance-first.md", "M | c₁ | OVS"))(
  "at M = %s, c₁ = %s has an outcome variance of %s",
  (m, c1, variance) => {
    const evidence = completeEvidence({ x: [Number(c1), 0] }, { m: Number(m) });
    const { selected, explanation } = select(evidence, { method: "variance-first", budget: 1 }).x!;
    expect(selected).toBe(Number(variance) > 0);
    expect(explanation).toContain(`a variance of ${Number(variance).toFixed(3)}`);
  },
);

test("variance-first takes 2 and 3 of 5 before 1 and 4, and a seed settles ties", () => {
  const evidence = completeEvidence({ a: [0, 0], b: [1, 0], c: [2, 0], d: [3, 0], e: [4, 0], f: [5, 0] });
  expect(selectedIds(select(evidence, { method: "variance-first", budget: 2 }))).toEqual(["c", "d"]);
  const three = (seed: number) => selectedIds(select(evidence, { method: "variance-first", budget: 3 }, seed)).join();
  expect(new Set([1, 2, 3, 4, 5, 6, 7, 8].map(three))).toEqual(new Set(["b,c,d", "c,d,e"]));
});

test("random takes as many as RAP without a budget, and other samples with another seed", () => {
  const samples = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`${i}`, [i % 6, 0] as const]));
  const evidence = completeEvidence(samples);
  const rap = selectedIds(select(evidence, {}));
  const random = selectedIds(select(evidence, { method: "random" }));
  expect(rap.length).toBeGreaterThan(10);
  expect(random).toHaveLength(rap.length);
  expect(random).not.toEqual(rap);
  expect(selectedIds(select(evidence, { method: "random" }, 1))).not.toEqual(random);
});

const curves = workedTable("docs/selectors/limr.md", "sample | r₁ | r₂ | Σ(r − r̄)² | s | admitted");

test.each(curves)(
  "LIMR: %s with rewards %s and %s lies %s off the mean and has similarity %s, admitted: %s",
  (...row) => {
    const traits = Object.fromEntries(curves.map(([id, r1, r2]) => [id!, { curve: [Number(r1), Number(r2)] }]));
    const evidence = withTraits(completeEvidence({ steady: [0, 0], low: [0, 0], high: [0, 0] }), traits);
    const decision = select(evidence, { method: "limr", curves: "f" })[row[0]!]!;
    expect(decision.selected).toBe(row[5] === "yes");
    expect(decision.explanation).toContain(`Similarity ${Number(row[4]).toFixed(3)}`);
  },
);

test("LIMR fills one epoch from the next, and leaves out a longer gap and a missing end", () => {
  const evidence = withTraits(
    completeEvidence({ one: [0, 0], two: [0, 0], end: [0, 0], whole: [0, 0], none: [0, 0] }),
    {
      one: { curve: [null, 0.5, 0.5] },
      two: { curve: [null, null, 0.5] },
      end: { curve: [0.5, 0.5, null] },
      whole: { curve: [0.5, 0.5, 0.5] },
    },
  );
  const decisions = select(evidence, { method: "limr", curves: "f" });
  expect(selectedIds(decisions)).toEqual(["one", "whole"]);
  expect(decisions.two?.reason).toBe("not-admitted");
});

test("s1 takes failed samples alone, every domain's turn being as likely, the longest first with chance 4/7", () => {
  const three = completeEvidence({ long: [1, 0], middle: [1, 0], short: [0, 0], solved: [3, 0] });
  const lengths = withTraits(three, {
    long: { responseTokens: 30, domain: "a" },
    middle: { responseTokens: 20, domain: "a" },
    short: { responseTokens: 10, domain: "a" },
    solved: { responseTokens: 99, domain: "a" },
  });
  const runs = 400;
  const first = Array.from(
    { length: runs },
    (_, seed) => selectedIds(select(lengths, { method: "s1", budget: 1 }, seed))[0],
  );
  const share = (id: string) => first.filter((one) => one === id).length / runs;
  expect(share("solved")).toBe(0);
  expect(share("long")).toBeCloseTo(4 / 7, 1);
  expect(share("middle")).toBeCloseTo(2 / 7, 1);

  const crowded = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}`, [0, 0] as const]));
  const domains = withTraits(
    completeEvidence(crowded),
    Object.fromEntries(Object.keys(crowded).map((id, i) => [id, { domain: i < 36 ? "common" : "rare" }])),
  );
  const rare = (seed: number) =>
    selectedIds(select(domains, { method: "s1", budget: 8 }, seed)).filter((id) => Number(id) >= 36).length;
  // 8 fair draws of which at most 4 can be rare; 0.8 would be expected of a draw from all alike.
  expect(Array.from({ length: 50 }, (_, seed) => rare(seed)).reduce((a, b) => a + b) / 50).toBeGreaterThan(2.5);
});

test.each(workedTable("docs/selectors/limo.md", "response | words | verifying | exploring | connecting"))(
  "LIMO's marks of %s: %s words, %s verify, %s explore, %s connect",
  (response, ...marks) => {
    const { words, verifying, exploring, connecting } = readReasoningMarks(response!);
    const found = [words, verifying, exploring, connecting];
    for (const [i, mark] of marks.entries()) expect(found[i]).toBeCloseTo(Number(mark), 6);
  },
);

test("LIMO takes hard samples that are solved, the best reasoned first", () => {
  const plain = { words: 10, verifying: 0, exploring: 0, connecting: 0 };
  const evidence = withTraits(completeEvidence({ never: [0, 0], long: [1, 0], checked: [2, 0], half: [3, 0] }), {
    long: { reasoning: { ...plain, words: 40 } },
    checked: { reasoning: { ...plain, verifying: 0.1, exploring: 0.2 } },
    half: { reasoning: { words: 99, verifying: 1, exploring: 1, connecting: 1 } },
  });
  // long: 0.3 · 1; checked: 0.3 · 10/40 + 0.2 + 0.25.
  const decisions = select(evidence, { method: "limo", budget: 1 });
  expect(selectedIds(decisions)).toEqual(["checked"]);
  expect(decisions.checked?.explanation).toContain("quality 0.525");
  expect(decisions.long?.explanation).toContain("quality 0.300");
  expect([decisions.never?.reason, decisions.half?.reason]).toEqual(["not-admitted", "not-admitted"]);
});

test("the released rules as worked by hand", () => {
  const rows = workedTable("docs/selectors/rap-released.md", "c₁ | c₀ | s | gap | standing");
  const named = rows.map(([c1, c0]) => [`${c1} ${c0}`, [Number(c1), Number(c0)] as const] as const);
  // Five more that bring the means to 0.5 and 0.3, and that no rule takes.
  const rest = [2, 2, 2, 2, 1].map((c1, i) => [`rest ${i}`, [c1, 2] as const] as const);
  const decisions = select(completeEvidence(Object.fromEntries([...named, ...rest])), { method: "rap-released" });
  for (const [c1, c0, s, , standing] of rows) {
    const decision = decisions[`${c1} ${c0}`]!;
    expect(decision.selected, decision.explanation).toBe(standing === "taken");
    expect(decision.explanation).toContain(`similarity ${Number(s).toFixed(3)}`);
  }
});

test("the released rules count a right answer in the wrong format against its rate, and as easy all the same", () => {
  const evidence = withTraits(completeEvidence({ right: [4, 0], odd: [4, 0], easy: [5, 0], rest: [0, 0] }), {
    right: { formatted: { image: 4, text: 0 } },
    odd: { formatted: { image: 1, text: 0 } },
    easy: { formatted: { image: 4, text: 0 } },
    rest: { formatted: { image: 0, text: 0 } },
  });
  // ā₁ = 9/20: s(0.8) = 1 − 0.35²/0.55² = 0.595 falls short of 0.6, so nothing is taken without a similar peer.
  expect(selectedIds(select(evidence, { method: "rap-released" }))).toEqual([]);
  const more = evidence.slice(0, 3);
  // ā₁ = 9/15: s(0.8) = 1 − 0.2²/0.4² = 0.75; odd has 0.2 and a gap of 0.2; easy is easy at 4 in the format.
  expect(selectedIds(select(more, { method: "rap-released" }))).toEqual(["right"]);
  expect(select(more, { method: "rap-released" }).easy?.explanation).toMatch(/^Easy/);
});

test("the released rules add a tenth of the hard ones, rounded down", () => {
  const hard = Object.fromEntries(Array.from({ length: 29 }, (_, i) => [`hard ${i}`, [1, 0] as const]));
  // ā₁ = 1/5: all are alike, s = 1, the gap is 0.2 and no more than the mean one.
  expect(selectedIds(select(completeEvidence(hard), { method: "rap-released" }))).toHaveLength(2);
});

test.each(workedTable("docs/selectors/pism.md", "M | c₁ | right at 30 % | right at 60 % | right at 90 % | I"))(
  "at M = %s with %s right, and %s, %s and %s under masks, the dependence is %s",
  (m, c1, ...row) => {
    const masked = [0.3, 0.6, 0.9].map((share, i) => ({
      share,
      counts: { taken: 5, correct: Number(row[i]), truncated: 0 },
    }));
    const evidence = withTraits(completeEvidence({ x: [Number(c1), 0] }, { m: Number(m) }), { x: { masked } });
    const decision = select(evidence, { method: "pism", budget: 1 }).x!;
    expect(decision.selected).toBe(Number(row[3]) > 0);
    expect(decision.explanation).toContain(`dependence ${Number(row[3]).toFixed(2)}`);
  },
);

test("our own takes what the image makes variable, and leaves easy, text and never-solved samples behind", () => {
  const evidence = completeEvidence({
    looks: [3, 0],
    hard: [1, 0],
    text: [4, 4],
    easy: [5, 5],
    never: [0, 2],
    luck: [1, 1],
  });
  const line = (budget: number) => selectedIds(select(evidence, { method: "winnow", budget })).sort();
  expect(line(1)).toEqual(["looks"]);
  expect(line(2)).toEqual(["hard", "looks"]);
  expect(line(3)).toEqual(["hard", "looks", "luck"]);
  expect(line(4)).toEqual(["hard", "looks", "luck", "text"]);
  const tenth = completeEvidence(
    Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}`, [i % 6, 0] as const])),
  );
  expect(selectedIds(select(tenth, { method: "winnow" }))).toHaveLength(3);
});

test("our own runs the text arm only where it can still matter", () => {
  const truths: Truth[] = Array.from({ length: 40 }, (_, i) => ({
    sampleId: `${i}`,
    m: 5,
    image: [0, 1, 2, 3, 4].map((k) => k < (i < 4 ? 3 : 5)),
    text: [0, 1, 2, 3, 4].map(() => i >= 4),
    logPsi: [],
  }));
  const selector = newSelector(resolveSelection({ method: "winnow", budget: 4 }, 0));
  const run = new SimulatedRun(truths).gather(selector, "lazy", false);
  expect([...selector.choose(run.evidence(), false).selected].sort()).toEqual([0, 1, 2, 3]);
  // W(3, 0) = 0.208 and W(3, 4) = 0.085 lie on both sides of W(5, 0) = 0.107, the most that the others can have.
  const text = [...run.text].filter(([, taken]) => taken > 0).map(([id]) => Number(id));
  expect(text.filter((id) => id < 4)).toHaveLength(4);
  expect(text.length).toBeLessThanOrEqual(6);
});

test("RAP without a part leaves that part out", () => {
  const evidence = completeEvidence({ a: [5, 0], b: [4, 0], text: [4, 4], hard: [1, 1], never: [0, 0] }).map((one) => ({
    ...one,
    logPsi: [Math.log(one.sampleId === "b" ? 0.5 : 0.01)],
  }));
  const taken = (input: SelectionInput) => {
    const decisions = newSelector(resolveSelection(input, 0)).select(evidence, true);
    return decisions.flatMap((one) => (one.selected ? [one.sampleId] : []));
  };
  expect(taken({})).toEqual(["hard"]);
  expect(taken({ without: ["ace"] })).toEqual(["b", "hard"]);
  expect(taken({ without: ["drm"] })).toEqual(["a"]);
  expect(taken({ without: ["ace", "drm"] })).toEqual(["a", "b"]);
  expect(taken({ without: ["drm"], budget: 4 })).toEqual(["a"]);
  // As many as CDE keeps, whichever they are.
  for (let seed = 0; seed < 8; seed++) {
    const selector = newSelector(resolveSelection({ without: ["cde", "ace", "drm"] }, seed));
    expect(selector.choose(evidence, true).selected.size).toBe(2);
  }
});

test("an option a method cannot do without, or has no use for, is named", () => {
  expect(() => resolveSelection({ method: "limr" }, 0)).toThrow(/`limr` needs .*--curves FILE/);
  expect(() => resolveSelection({ method: "random", without: ["cde"] }, 0)).toThrow(/method `random` has none/);
});
