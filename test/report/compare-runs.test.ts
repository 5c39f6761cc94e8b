import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type ConfigInput, parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { compareRuns } from "../../src/report/compare-runs.ts";
import { renderComparison } from "../../src/report/render-comparison.ts";
import { openDatabase } from "../../src/runs/database.ts";
import { writeTable } from "../../src/runs/tables.ts";
import { openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { readDecisions } from "../read-decisions.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const COLUMNS = {
  id: "VARCHAR",
  selected: "BOOLEAN",
  reason: "VARCHAR",
  d: "DOUBLE",
  psi: "DOUBLE",
  difficulty: "DOUBLE",
  file: "VARCHAR",
  row: "BIGINT",
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "winnow-compare-test-"));
  return () => rm(folder, { recursive: true });
});

/** Decisions as `id: [selected, reason, D]`. */
async function write(name: string, rows: Record<string, readonly [boolean, string, number | null]>): Promise<string> {
  using database = await openDatabase(join(folder, "spill.tmp"));
  const lines = Object.entries(rows).map(([id, [selected, reason, d]], row) => ({
    id,
    selected,
    reason,
    d,
    file: "a",
    row,
  }));
  await writeTable(database, COLUMNS, lines, join(folder, name));
  return join(folder, name);
}

test("overlap, moves and shifts are those worked by hand", async () => {
  const a = await write("a.parquet", {
    s1: [true, "kept", 0.8],
    s2: [true, "kept", 0.6],
    s3: [false, "language-prior-biased", 0.2],
    s4: [false, "language-prior-biased", 0],
    gone: [true, "kept", 1],
  });
  const b = await write("b.parquet", {
    s1: [true, "kept", 1],
    s2: [false, "over-budget", 0.6],
    s3: [true, "replacement", 0.6],
    s4: [false, "language-prior-biased", null],
    fresh: [false, "incomplete", null],
  });
  const comparison = await compareRuns(a, b, 10);
  expect(comparison).toMatchObject({ common: 4, both: 1, onlyA: 1, onlyB: 1, neither: 1 });
  expect(comparison.a).toMatchObject({ samples: 5, selected: 3, model: null });
  expect(comparison.jaccard).toBeCloseTo(1 / 3, 12);
  // e = 2 · 2 / 4 = 1; 1 / (2 + 2 − 1).
  expect(comparison.jaccardByChance).toBeCloseTo(1 / 3, 12);
  expect(comparison.moves).toEqual([
    { selectedBy: "a", reasonA: "kept", reasonB: "over-budget", samples: 1 },
    { selectedBy: "b", reasonA: "language-prior-biased", reasonB: "replacement", samples: 1 },
  ]);
  // B − A over s1, s2, s3: 0.2, 0, 0.4.
  expect(comparison.d.samples).toBe(3);
  expect(comparison.d.mean).toBeCloseTo(0.2, 12);
  expect(comparison.d.absolute).toBeCloseTo(0.2, 12);
  expect(comparison.psi).toEqual({ samples: 0, mean: null, absolute: null, correlation: null });
  expect(comparison.differing.map(({ id, selectedBy, dA, dB }) => [id, selectedBy, dA, dB])).toEqual([
    ["s3", "b", 0.2, 0.6],
    ["s2", "a", 0.6, 0.6],
  ]);
  const text = renderComparison(comparison);
  expect(text).toContain("1 by both, 1 by A alone, 1 by B alone");
  expect(text).toContain("0.333 (two random subsets of these sizes: about 0.333)");
  expect(text).toContain("B − A: mean +0.200, mean absolute 0.200");
  expect(text).toContain("ψ          not measured in both");
});

test("a list cut short says how many more there are", async () => {
  const a = await write("many-a.parquet", { x: [true, "kept", 1], y: [true, "kept", 1] });
  const b = await write("many-b.parquet", { x: [false, "over-budget", 1], y: [false, "over-budget", 1] });
  expect(renderComparison(await compareRuns(a, b, 1))).toContain("… 1 more: --limit");
});

test("selections of different datasets, and what is no run, are refused", async () => {
  const a = await write("one.parquet", { x: [true, "kept", 1] });
  const b = await write("two.parquet", { y: [true, "kept", 1] });
  await expect(compareRuns(a, b, 5)).rejects.toThrow(/no sample in common/);
  await expect(compareRuns(a, folder, 5)).rejects.toThrow(/expected a finished run/);
  await expect(compareRuns(a, join(folder, "gone"), 5)).rejects.toThrow(/found nothing there/);
});

test("two selections of one run are compared through a copy of the first", async () => {
  const own = await temporaryFolder();
  const dataset = await writePlantedDataset(own, 48);
  const directory = join(own, "run");
  const select = async (selection: ConfigInput["selection"]): Promise<void> => {
    const { backend } = openPlantedBackend();
    const config = parseConfig({ dataset, prompt: { format: "none" }, selection }, "test");
    await runPipeline(config, directory, { parts: { backend, attention: null } });
  };
  await select({});
  const before = join(own, "before.parquet");
  await copyFile(join(directory, "decisions.parquet"), before);
  const first = new Set((await readDecisions(directory)).filter((row) => row.selected).map((row) => row.id));
  await select({ lambdaC: 0.7 });
  const second = new Set((await readDecisions(directory)).filter((row) => row.selected).map((row) => row.id));
  const comparison = await compareRuns(directory, before, 100);
  expect(comparison.both).toBe([...first].filter((id) => second.has(id)).length);
  expect(comparison.onlyB).toBe([...first].filter((id) => !second.has(id)).length);
  expect(comparison.onlyB).toBeGreaterThan(0);
  expect(comparison.differing.every(({ rowId }) => rowId?.startsWith("r"))).toBe(true);
});
