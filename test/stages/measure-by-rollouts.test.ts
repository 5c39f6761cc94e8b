import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { renderByRollouts } from "../../src/cli/render-by-rollouts.ts";
import { parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { type ByRollouts, measureByRollouts } from "../../src/stages/measure-by-rollouts.ts";
import { openPlantedAttention, openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "winnow-truth-"));
  const dataset = await writePlantedDataset(folder, 24);
  // Of six rows the first is right with its image alone, the second always; the truth names no others.
  const truth = Array.from({ length: 24 }, (_, row) => ({ id: `r${row}`, cohort: ["looks", "reads"][row % 6] }));
  const named = truth.filter(({ cohort }) => cohort !== undefined);
  await writeFile(join(folder, "truth.jsonl"), named.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await take(dataset, "full", "full");
  await take(dataset, "lazy", "lazy");
  return () => rm(folder, { recursive: true });
});

async function take(dataset: string, protocol: "full" | "lazy", name: string): Promise<void> {
  const { backend } = openPlantedBackend();
  const { attention } = openPlantedAttention();
  const config = parseConfig({ dataset, prompt: { format: "none" }, sampling: { rollouts: 4 }, protocol }, "test");
  await runPipeline(config, join(folder, name), { parts: { backend, attention } });
}

const measure = (run: string, wanted = ["looks"]): Promise<readonly ByRollouts[]> =>
  measureByRollouts(join(folder, run), join(folder, "truth.jsonl"), wanted);

const pick = (rows: readonly ByRollouts[], what: string, threshold: string, m: number): ByRollouts =>
  rows.find((row) => row.what === what && row.threshold === threshold && row.m === m)!;

test("runs of M in a row out of the stored rollouts stand for independent runs", async () => {
  const rows = await measure("full");
  expect([...new Set(rows.map((row) => row.m))]).toEqual([1, 2, 3]);
  const perfect = { kept: 0.5, precision: 1, recall: 1 };
  // At M = 1 both take one rollout an arm. At M = 2 and D > 0.5 a reader fails at its first right answer
  // without the image, a looker passes after two wrong ones: 3 and 4 rollouts.
  expect(pick(rows, "CDE", "D > 0.5", 1)).toMatchObject({ ...perfect, runs: 4, rollouts: 2, again: 1 });
  expect(pick(rows, "CDE", "D > 0.5", 2)).toMatchObject({ ...perfect, runs: 2, rollouts: 3.5, again: 1 });
  expect(pick(rows, "CDE", "D > 0.5", 3)).toMatchObject({ ...perfect, runs: 1 });
  expect(pick(rows, "CDE", "D > 0.5", 3).again).toBeUndefined();
});

test("what is wanted turns precision and recall around", async () => {
  const rows = await measure("full", ["reads"]);
  expect(pick(rows, "CDE", "D > 0.5", 2)).toMatchObject({ kept: 0.5, precision: 0, recall: 0 });
});

test("ACE is measured over all samples whose attention is known, whatever CDE says", async () => {
  const rows = await measure("full");
  // Rows 0, 6, 12 and 18 look and 1, 7, 13 and 19 read; every seventh row leans on a token: 0 and 7.
  expect(pick(rows, "ACE", "ψ ≤ 0.1, paper", 2)).toMatchObject({ kept: 0.75, precision: 0.5, recall: 0.75 });
});

test("the table says what one more rollout brings", () => {
  const row = { what: "CDE", threshold: "D > 0.5", runs: 4, kept: 0.1 };
  const table = renderByRollouts([
    { ...row, m: 5, rollouts: 7, precision: 0.9, recall: 0.2, again: 0.45 },
    { ...row, m: 10, rollouts: 12, precision: 0.95, recall: 0.15 },
  ]);
  expect(table).toContain("| CDE | D > 0.5 | 5 | 7.0 | 10.0 % | 90.0 % | 20.0 % | 45.0 % |  |");
  expect(table).toContain("| CDE | D > 0.5 | 10 | 12.0 | 10.0 % | 95.0 % | 15.0 % | – | +1.0, −1.0 |");
});

test("a run that took less than both arms is refused with the command that takes them", async () => {
  await expect(measure("lazy")).rejects.toThrow(/samples lack rollouts; `winnow run .* --protocol full`/);
});
