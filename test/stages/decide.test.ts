import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { renderHtmlReport } from "../../src/report/html/page.ts";
import { summariseRun } from "../../src/report/summarise-run.ts";
import { openDatabase, type Row, sqlText } from "../../src/runs/database.ts";
import { openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("scores hold every sample in dataset order, with outcome, reason, interval and provenance, also as CSV", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 24);
  const directory = join(folder, "run");
  const { backend } = openPlantedBackend({ refuse: 7 });
  const config = parseConfig({ dataset, prompt: { format: "none" } }, "test");
  await runPipeline(config, directory, { parts: { backend, attention: null } });
  using database = await openDatabase(join(folder, "spill.tmp"));
  const rows: Row[] = [];
  for await (const row of database.rows(`SELECT * FROM ${sqlText(join(directory, "scores.parquet"))}`)) rows.push(row);
  expect(rows.map((row) => row.row_id)).toEqual(Array.from({ length: 24 }, (_, row) => `r${row}`));
  expect(rows[7]).toMatchObject({ selected: false, reason: "refused", explanation: expect.stringContaining("script") });
  const decided = rows.filter((row) => row.reason !== "refused");
  for (const row of decided) {
    expect(row).toMatchObject({ file: "planted.jsonl", kind: "integer", model: backend.model.name, m: 5 });
    if (row.correct_text !== null) expect(row.gain_low as number).toBeLessThanOrEqual(row.gain_high as number);
  }
  const lines = (await readFile(join(directory, "scores.csv"), "utf8")).trimEnd().split("\n");
  expect(lines).toHaveLength(25);
  expect(lines[0]).toMatch(/^id,row_id,selected,reason,m,correct_image,/);
  expect(lines[8]).toContain(",r7,false,refused,");
});

test("at temperature 0 nothing is said of a re-run, which would bring the same rollouts", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 8);
  const directory = join(folder, "run");
  for (const temperature of [0, 1]) {
    const { backend } = openPlantedBackend();
    const config = parseConfig({ dataset, prompt: { format: "none" }, sampling: { temperature } }, "test");
    await runPipeline(config, directory, { parts: { backend, attention: null } });
    const summary = await summariseRun(directory);
    expect([temperature, summary.stability === null, summary.flips === null]).toEqual([
      temperature,
      temperature === 0,
      temperature === 0,
    ]);
    const page = await renderHtmlReport(summary);
    expect(page.includes("At temperature 0 a re-run brings the same rollouts")).toBe(temperature === 0);
  }
});
