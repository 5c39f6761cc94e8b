import { join } from "node:path";
import { expect, test } from "vitest";
import { openScriptedBackend } from "../../src/backends/index.ts";
import { parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { renderReport } from "../../src/report/render-report.ts";
import { summariseRun } from "../../src/report/summarise-run.ts";
import { writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("responses that were cut off are counted by arm, wrong though their answer is right, and shown", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 1);
  const backend = openScriptedBackend({
    respond: ({ arm }, index) =>
      arm === "image" && index < 2 ? { text: "\\boxed{0}", finish: "length" } : "\\boxed{0}",
  });
  const input = { dataset, sampling: { rollouts: 3 }, protocol: "full", attention: "none", allowEmpty: true } as const;
  const directory = join(folder, "run");
  await runPipeline(parseConfig(input, "test"), directory, { parts: { backend, attention: null }, now: () => 0 });
  const summary = await summariseRun(directory);
  expect(summary.rollouts).toMatchObject({ image: 3, text: 3, truncated: 2 });
  expect(summary.rollouts.byArm).toMatchObject({ image: { truncated: 2 }, text: { truncated: 0 } });
  expect(renderReport(summary)).toContain("2 cut off at the token limit, counted as wrong");
});
