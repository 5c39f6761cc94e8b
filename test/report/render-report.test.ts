import { expect, test } from "vitest";
import { explainEmptySubset, renderReport } from "../../src/report/render-report.ts";
import type { RunSummary } from "../../src/report/summarise-run.ts";

const SUMMARY: RunSummary = {
  run: "/elsewhere/run",
  state: "done",
  samples: 2000,
  duplicates: 1,
  rejected: 3,
  ungradable: 2,
  passedCde: 200,
  passedAce: 180,
  easy: 90,
  easyReplaced: 80,
  selected: 180,
  share: 0.09,
  reasons: {},
  rollouts: { image: 10_000, text: 4000, saved: 6000, truncated: 7, promptTokens: 1, responseTokens: 1, uncounted: 0 },
  attended: 260,
  aceRan: true,
  stability: 0.42,
  extreme: null,
  seconds: { read: 0.2, "image arm": 4.5 },
  subset: "/elsewhere/run/subset/train.parquet",
  scores: "/elsewhere/run/scores.parquet",
  decisions: "/elsewhere/run/decisions.parquet",
  dataset: "d",
  model: "nano",
  preset: "paper",
  gates: { cde: "D > 0.5", ace: "ψ ≤ 0.1" },
  winnow: "0.1.0",
};

test("the funnel shows every gate with its count, its share and a bar", () => {
  const text = renderReport(SUMMARY);
  expect(text).toContain("samples                                2,000  100.0 %  ██████████████████████████████");
  expect(text).toContain("passed CDE: D > 0.5                      200   10.0 %  ███");
  expect(text).toContain("passed ACE: ψ ≤ 0.1                      180    9.0 %  ███");
  expect(text).toContain("easy ones replaced                  80 of 90");
});

test("rollouts taken and saved, truncations, rejected rows and uncertainty are said", () => {
  const text = renderReport(SUMMARY);
  expect(text).toContain("14,000 taken (10,000 with the image, 4,000 without)");
  expect(text).toContain("6,000 saved (30.0 % of all)");
  expect(text).toContain("7 cut off at the token limit, counted as wrong");
  expect(text).toContain("3 rejected, 1 repeated, 2 ungradable");
  expect(text).toContain("would select 42.0 % of these again (bootstrap)");
});

test("a run without attention says that ACE did not run", () => {
  const text = renderReport({ ...SUMMARY, aceRan: false, attended: 0 });
  expect(text).toContain("ACE did not run");
  expect(text).toContain("not read: ACE did not run");
});

test("an unfinished run's next command goes on with it", () => {
  const text = renderReport({ ...SUMMARY, state: "interrupted", subset: null });
  expect(text).toMatch(/next +winnow run \S*run\n/);
  expect(text).toContain("This run is not finished (interrupted)");
  expect(text).not.toMatch(/passed CDE|selected|saved|no subset/);
});

test("a missing subset is explained by the gate that emptied it", () => {
  expect(explainEmptySubset(SUMMARY)).toBeUndefined();
  const none = { ...SUMMARY, subset: null, extreme: "CDE let none pass." };
  expect(renderReport(none)).toContain("CDE let none pass.");
  expect(renderReport(none, false)).not.toContain("CDE let none pass.");
  expect(explainEmptySubset(none)).toMatch(/^CDE let none pass\. .*--allow-empty/);
  expect(explainEmptySubset({ ...none, samples: 0 })).toContain("rejected.jsonl");
});
