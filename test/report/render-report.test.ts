import { beforeAll, expect, test } from "vitest";
import { explainEmptySubset, renderReport } from "../../src/report/render-report.ts";
import type { RunSummary } from "../../src/report/summarise-run.ts";
import { summariseWorkedRun } from "./worked-run.ts";

let SUMMARY: RunSummary;

beforeAll(async () => {
  SUMMARY = {
    ...(await summariseWorkedRun()),
    run: "/elsewhere/run",
    samples: 2000,
    duplicates: 1,
    rejected: 3,
    ungradable: 2,
    passedCde: 200,
    passedAce: 180,
    easy: 90,
    easyReplaced: 80,
    selected: 180,
    stability: 0.42,
    subset: "/elsewhere/run/subset/train.parquet",
  };
  const rollouts = { ...SUMMARY.rollouts, image: 10_000, text: 4000, saved: 6000, truncated: 7 };
  SUMMARY = { ...SUMMARY, rollouts };
});

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

test("the histogram of D stands three lines high with λ_c between its bars", () => {
  const lines = renderReport(SUMMARY).split("\n");
  const at = lines.findIndex((line) => line.startsWith("  D  "));
  // Samples at D = 0, 0.2, 0.8 and 1: 2, 3, 2 and 1; the tallest fills 24 eighths.
  expect(lines.slice(at - 2, at + 2).map((line) => line.slice(13))).toEqual([
    "            ██  │      ",
    "          ████  │  ██  ",
    "          ████  │  ████",
    "−1         0         1   │ λ_c = 0.5",
  ]);
});
