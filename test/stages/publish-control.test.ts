import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ConfigInput, parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { renderReport } from "../../src/report/render-report.ts";
import { summariseRun } from "../../src/report/summarise-run.ts";
import type { SampleEntry } from "../../src/runs/ledger.ts";
import { drawControl } from "../../src/stages/publish-control.ts";
import { openPlantedAttention, openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const KINDS = ["integer", "choice", "word"];
const POPULATION = Array.from(
  { length: 60 },
  (_, row): SampleEntry => ({ id: `s${row}`, file: "a", row, kind: KINDS[row % 3] as string }),
);
const SELECTED = new Set(["s0", "s3", "s6", "s9", "s1", "s4"]);

test("a control has as many samples of each kind of ground truth as the subset", () => {
  const { drawn, mix } = drawControl(POPULATION, SELECTED, 0);
  expect(drawn.size).toBe(6);
  const count = (kind: string): number => POPULATION.filter((one) => drawn.has(one.id) && one.kind === kind).length;
  expect([count("integer"), count("choice"), count("word")]).toEqual([4, 2, 0]);
  expect(mix).toEqual([
    { kind: "choice", all: 20, subset: 2, control: 2 },
    { kind: "integer", all: 20, subset: 4, control: 4 },
    { kind: "word", all: 20, subset: 0, control: 0 },
  ]);
});

test("the draw hangs on the seed alone, not on the order of rows, and every sample can be drawn", () => {
  const ids = (seed: number, population = POPULATION): string[] =>
    [...drawControl(population, SELECTED, seed).drawn].sort();
  expect(ids(1, POPULATION.toReversed())).toEqual(ids(1));
  expect(ids(2)).not.toEqual(ids(1));
  const seen = new Set(Array.from({ length: 200 }, (_, seed) => ids(seed)).flat());
  expect([...seen].filter((id) => id.startsWith("s")).length).toBe(40);
});

test("a sample whose ground truth nobody can grade is not drawn", () => {
  const population = POPULATION.map((one) => (one.row >= 12 ? { ...one, ungradable: "no rule" } : one));
  for (let seed = 0; seed < 20; seed += 1) {
    const { drawn } = drawControl(population, SELECTED, seed);
    expect([...drawn].every((id) => Number(id.slice(1)) < 12)).toBe(true);
  }
});

async function run(directory: string, dataset: string, input: Partial<ConfigInput> = {}): Promise<void> {
  const { backend } = openPlantedBackend();
  const { attention } = openPlantedAttention();
  const config = parseConfig({ dataset, prompt: { format: "none" }, ...input }, "test");
  await runPipeline(config, directory, { parts: { backend, attention } });
}

test("--control writes source lines beside the subset, reports the mix, and goes when it is no longer wanted", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 60);
  const directory = join(folder, "run");
  await run(directory, dataset, { control: true });
  const summary = await summariseRun(directory);
  const source = (await readFile(dataset, "utf8")).split("\n");
  const lines = (await readFile(join(directory, "control", "planted.jsonl"), "utf8")).trimEnd().split("\n");
  expect(lines).toHaveLength(summary.selected);
  expect(lines.filter((line) => !source.includes(line))).toEqual([]);
  const subset = (await readFile(summary.subset as string, "utf8")).trimEnd().split("\n");
  expect(summary.control).toMatchObject({
    samples: subset.length,
    overlap: lines.filter((line) => subset.includes(line)).length,
    mix: [{ kind: "integer", all: 60, subset: subset.length, control: subset.length }],
  });
  expect(renderReport(summary)).toMatch(
    /control {4}.*control: \d+ drawn at random, \d+ of them selected too\n +integer {2}/,
  );
  await run(directory, dataset);
  expect(existsSync(join(directory, "control"))).toBe(false);
  expect((await summariseRun(directory)).control).toBeNull();
});
