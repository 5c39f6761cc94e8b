import { expect, test } from "vitest";
import { renderTruth } from "../../src/report/tabulate-truth.ts";

const cohort = { cohort: "visual", samples: 4, selected: 1 };

test("cohorts are shown with what CDE did to them", () => {
  const table = renderTruth([{ ...cohort, passedCde: 3, rejectedByCde: 1, passRateImage: 0.5 }]);
  expect(table.split("\n")[0]).toMatch(/cohort +samples +pass@1 +rejected by CDE +passed CDE +selected/);
  expect(table.split("\n")[1]).toMatch(/visual +4 +0\.50 +1 \(25\.0 %\) +3 \(75\.0 %\) +1 \(25\.0 %\)/);
});

test("a method without gates or rollouts has no column of the one and no number of the other", () => {
  const table = renderTruth([{ ...cohort, passedCde: 0, rejectedByCde: 0, passRateImage: null }]);
  expect(table.split("\n")[0]).not.toContain("CDE");
  expect(table.split("\n")[1]).toMatch(/visual +4 +– +1 \(25\.0 %\)/);
});
