import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parseConfig, type SelectionInput } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { summariseRun } from "../../src/report/summarise-run.ts";
import { openDatabase, type Row, sqlText } from "../../src/runs/database.ts";
import { openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const ROWS = 60;
let dataset: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "winnow-traits-"));
  dataset = await writePlantedDataset(folder, ROWS);
  return () => rm(folder, { recursive: true });
});

async function select(directory: string, selection: SelectionInput, protocol: "lazy" | "full" = "lazy") {
  const { backend, asked } = openPlantedBackend();
  const config = parseConfig({ dataset, prompt: { format: "none" }, selection, protocol }, "test");
  await runPipeline(config, directory, { parts: { backend, attention: null } });
  return { asked, decisions: await readDecisions(directory), summary: await summariseRun(directory) };
}

/** Decisions by the rows' numbers. */
async function readDecisions(directory: string): Promise<Row[]> {
  using database = await openDatabase(join(directory, "spill-test.tmp"));
  const rows: Row[] = [];
  const query = `SELECT * FROM ${sqlText(join(directory, "decisions.parquet"))} ORDER BY "row"`;
  for await (const row of database.rows(query)) rows.push(row);
  return rows;
}

const explanations = (rows: readonly Row[]): string => rows.map((row) => row.explanation as string).join("\n");

test("s1 reads lengths from the responses and domains from the ground truths' kinds, or from a file", async () => {
  const directory = await temporaryFolder();
  const { decisions, asked } = await select(directory, { method: "s1", budget: 5 });
  expect(asked).toHaveLength(5 * ROWS);
  expect(asked.every((key) => key.includes("/image/"))).toBe(true);
  expect(decisions.filter((row) => row.selected)).toHaveLength(5);
  expect(explanations(decisions)).toMatch(/[1-9]\d*\.\d tokens on average, domain integer/);
  const domains = join(directory, "domains.jsonl");
  await writeFile(domains, '{"id": "r4", "domain": "geometry"}\n{"id": "r3", "domain": "algebra"}\n');
  const other = await select(directory, { method: "s1", budget: 5, domains });
  expect(other.asked).toEqual([]);
  expect(other.decisions[4]?.explanation).toContain("domain geometry");
  expect(other.decisions[10]?.explanation).toContain("domain unknown");
});

test("the released rules read formats from both arms, which are taken whole", async () => {
  const { asked, decisions } = await select(await temporaryFolder(), { method: "rap-released" });
  expect(asked).toHaveLength(2 * 5 * ROWS);
  expect(decisions.filter((row) => row.reason === "kept").length).toBeGreaterThan(0);
});

test("LIMR reads curves by the rows' own ids, rolls nothing out, and names a file that is none of this run's", async () => {
  const directory = await temporaryFolder();
  const curves = join(directory, "rewards.jsonl");
  // r0 twice in the first epoch: its mean reward there is 0.5.
  const lines = [
    ["r0", 1, 1],
    ["r0", 1, 0],
    ["r0", 2, 1],
    ["r1", 1, 0],
    ["r1", 2, 0],
    ["r2", 1, 1],
  ] as const;
  await writeFile(curves, lines.map(([id, epoch, reward]) => `${JSON.stringify({ id, epoch, reward })}\n`).join(""));
  const { asked, decisions } = await select(directory, { method: "limr", curves, similarity: -9 });
  expect(asked).toEqual([]);
  expect(decisions.map((row) => row.selected).slice(0, 4)).toEqual([true, true, false, false]);
  // The mean of (0.5, 1) and (0, 0) is (0.25, 0.5): s = 1 − (0.0625 + 0.25) / (0.5625 + 0.25) for both.
  expect(decisions[0]?.explanation).toContain("Similarity 0.615");
  await writeFile(curves, '{"id": "other", "epoch": 1, "reward": 1}\n');
  await expect(select(directory, { method: "limr", curves })).rejects.toThrow(
    /none of its 1 lines has an `id` of this/,
  );
  await writeFile(curves, '{"id": "r0", "epoch": "one"}\n');
  await expect(select(directory, { method: "limr", curves })).rejects.toThrow(
    /line 1: expected JSON with `id`, `epoch`/,
  );
});

test("masked arms are taken once, under settings of their own, for samples that are ever right", async () => {
  const directory = await temporaryFolder();
  const selection = { method: "pism", budget: 6, masks: [0.5, 0.9] } as const;
  const first = await select(directory, selection);
  const ever = first.decisions.filter((row) => (row.correct_image as number) > 0).length;
  expect(ever).toBeLessThan(ROWS);
  expect(first.asked).toHaveLength(5 * ROWS + 2 * 5 * ever);
  expect(first.summary.rollouts).toMatchObject({ image: 5 * ROWS, text: 0, masked: 10 * ever });
  expect(first.decisions.filter((row) => row.selected)).toHaveLength(6);
  expect(explanations(first.decisions)).toMatch(/with 50 % masked, \d with 90 % masked: dependence/);
  expect((await select(directory, selection)).asked).toEqual([]);
  const whole = await select(await temporaryFolder(), selection, "full");
  expect(whole.decisions.map((row) => row.selected)).toEqual(first.decisions.map((row) => row.selected));
});

test("a subset of everything is what `full` asks for, and is written", async () => {
  const { asked, summary } = await select(await temporaryFolder(), { method: "full" });
  expect(asked).toEqual([]);
  expect(summary).toMatchObject({ selected: ROWS, method: "full", extreme: null });
  expect(summary.subset).not.toBeNull();
});
