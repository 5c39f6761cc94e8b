import { expect, test } from "vitest";
import { logTicks, roundTicks, ticksTo } from "../../../src/report/html/ticks.ts";

test("an axis of counts goes in whole round steps to the first that is not below the largest", () => {
  expect(ticksTo(3)).toEqual([0, 1, 2, 3]);
  expect(ticksTo(1517)).toEqual([0, 500, 1000, 1500, 2000]);
  expect(ticksTo(0)).toEqual([0, 1]);
});

test("a logarithmic axis has powers of ten, and 2 and 5 between them where those are few", () => {
  expect(logTicks(1e-5, 1)).toEqual([1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1]);
  expect(logTicks(0.0075, 0.11)).toEqual([0.01, 0.02, 0.05, 0.1]);
});

test("a linear axis has three to six round values within its ends", () => {
  expect(roundTicks(0.0346, 0.271)).toEqual([0.05, 0.1, 0.15, 0.2, 0.25]);
  expect(roundTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
});
