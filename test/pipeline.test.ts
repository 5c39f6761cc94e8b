import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type ConfigInput, parseConfig } from "../src/config.ts";
import { type PipelineOptions, runPipeline } from "../src/pipeline.ts";
import { type RunSummary, summariseRun } from "../src/report/summarise-run.ts";
import { openDatabase, type Row, sqlText } from "../src/runs/database.ts";
import type { Manifest } from "../src/runs/manifest.ts";
import { openPlantedAttention, openPlantedBackend, writePlantedDataset } from "./planted-dataset.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const ROWS = 84;
let dataset: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "winnow-planted-"));
  dataset = await writePlantedDataset(folder, ROWS);
  return () => rm(folder, { recursive: true });
});

interface Result {
  readonly asked: string[];
  readonly measured: number;
  readonly manifest: Manifest;
  readonly summary: RunSummary;
}

async function run(
  directory: string,
  input: Partial<ConfigInput> = {},
  options: PipelineOptions & { readonly imageTokens?: number; readonly refuse?: number } = {},
): Promise<Result> {
  const { backend, asked } = openPlantedBackend(options);
  const { attention, measured } = openPlantedAttention();
  const config = parseConfig({ dataset, prompt: { format: "none" }, ...input }, "test");
  const manifest = await runPipeline(config, directory, { parts: { backend, attention }, ...options });
  return { asked, measured: measured(), manifest, summary: await summariseRun(directory) };
}

async function table(directory: string, name: string): Promise<Row[]> {
  using database = await openDatabase(join(directory, "spill-test.tmp"));
  const rows: Row[] = [];
  for await (const row of database.rows(`SELECT * FROM ${sqlText(join(directory, `${name}.parquet`))}`)) rows.push(row);
  return rows;
}

async function selectedIds(directory: string): Promise<unknown[]> {
  return (await table(directory, "decisions")).filter((row) => row.selected).map((row) => row.id);
}

test("a run ends with a subset whose lines are the source's own, and a report that agrees with the tables", async () => {
  const directory = await temporaryFolder();
  const { asked, summary } = await run(directory);
  const decisions = await table(directory, "decisions");
  const rollouts = await table(directory, "rollouts");
  expect(summary).toMatchObject({ state: "done", samples: ROWS, rejected: 0, ungradable: 0 });
  expect(decisions).toHaveLength(ROWS);
  expect(summary.selected).toBe(decisions.filter((row) => row.selected).length);
  expect(summary.passedCde).toBe(decisions.filter((row) => row.passed_cde).length);
  expect(summary.easyReplaced).toBe(decisions.filter((row) => row.reason === "easy-replaced").length);
  expect(summary.rollouts.image + summary.rollouts.text).toBe(rollouts.length);
  expect(rollouts).toHaveLength(asked.length);
  expect(summary.rollouts.saved).toBe(2 * 5 * ROWS - asked.length);
  expect(summary.rollouts.saved).toBeGreaterThan(0);
  const source = (await readFile(dataset, "utf8")).split("\n");
  const subset = (await readFile(summary.subset as string, "utf8")).trimEnd().split("\n");
  expect(subset).toHaveLength(summary.selected);
  expect(subset.filter((line) => !source.includes(line))).toEqual([]);
});

test("the counts of a decision are those of the graded rollouts, and D follows from them", async () => {
  const directory = await temporaryFolder();
  await run(directory);
  const rollouts = await table(directory, "rollouts");
  for (const row of await table(directory, "decisions")) {
    const right = (arm: string): number =>
      rollouts.filter((r) => r.sample_id === row.id && r.arm === arm && r.verdict === "correct").length;
    expect(row.correct_image).toBe(right("image"));
    if (row.correct_text !== null) expect(row.correct_text).toBe(right("text"));
    if (row.d !== null) expect(row.d).toBeCloseTo((right("image") - right("text")) / 5, 12);
    expect(row.difficulty).toBeCloseTo(1 - right("image") / 5, 12);
  }
});

test("no rollout is asked for twice, neither within a run nor by the next", async () => {
  const directory = await temporaryFolder();
  const first = await run(directory);
  expect(new Set(first.asked).size).toBe(first.asked.length);
  const second = await run(directory);
  expect([second.asked, second.measured]).toEqual([[], 0]);
});

test("other thresholds take only the rollouts they newly need", async () => {
  const directory = await temporaryFolder();
  const { asked } = await run(directory);
  const looser = await run(directory, { selection: { lambdaC: 0.3 } });
  expect(looser.asked.length).toBeGreaterThan(0);
  expect(looser.asked.filter((key) => key.includes("/image/"))).toEqual([]);
  expect(looser.asked.filter((key) => asked.includes(key))).toEqual([]);
  const back = await run(directory, { selection: { lambdaC: 0.5 } });
  expect(back.asked).toEqual([]);
});

test("the lazy and the full protocol select the same samples, and the lazy one takes less", async () => {
  const [lazy, full] = [await temporaryFolder(), await temporaryFolder()];
  const short = await run(lazy);
  const long = await run(full, { protocol: "full" });
  expect(await selectedIds(lazy)).toEqual(await selectedIds(full));
  expect(long.asked).toHaveLength(2 * 5 * ROWS);
  expect(short.asked.length).toBeLessThan(long.asked.length);
  expect(long.summary.rollouts.saved).toBe(0);
});

test("the same rollouts give byte-identical decisions, however the run was cut up", async () => {
  const [whole, pieces] = [await temporaryFolder(), await temporaryFolder()];
  const one = await run(whole);
  const asked: string[] = [];
  for (let left = 20, done = false; !done && left > 0; left -= 1) {
    const stop = new AbortController();
    const { backend, asked: now } = openPlantedBackend();
    const { attention } = openPlantedAttention();
    const config = parseConfig({ dataset, prompt: { format: "none" } }, "test");
    const advance = (): void => {
      if (now.length >= 60) stop.abort();
    };
    const progress = { begin() {}, advance, end() {}, note() {} };
    const parts = { backend, attention };
    done = await runPipeline(config, pieces, { parts, progress, signal: stop.signal }).then(
      () => true,
      (error: Error) => {
        expect(error.message).toContain("Stopped");
        return false;
      },
    );
    asked.push(...now);
  }
  expect(asked.length).toBeGreaterThan(120);
  expect(new Set(asked).size).toBe(asked.length);
  expect(asked.sort()).toEqual(one.asked.sort());
  for (const name of ["decisions.parquet", "scores.parquet", "samples.parquet"]) {
    expect((await readFile(join(pieces, name))).equals(await readFile(join(whole, name)))).toBe(true);
  }
});

test("rollouts of another sampling setting are kept and not used", async () => {
  const directory = await temporaryFolder();
  const { asked } = await run(directory);
  const notes: string[] = [];
  const progress = { begin() {}, advance() {}, end() {}, note: (text: string) => void notes.push(text) };
  const hotter = await run(directory, { sampling: { temperature: 0.5 } }, { progress });
  expect(hotter.asked.length).toBeGreaterThan(0);
  expect(notes.join()).toContain(`${asked.length} rollouts of another model, prompt or sampling setting`);
  expect((await run(directory)).asked).toEqual([]);
});

test("more rollouts per arm top up those that are there", async () => {
  const directory = await temporaryFolder();
  await run(directory);
  const { asked } = await run(directory, { sampling: { rollouts: 6 } });
  expect(asked.filter((key) => key.includes("/image/"))).toHaveLength(ROWS);
  expect(asked.filter((key) => key.includes("/image/") && !key.endsWith("/5"))).toEqual([]);
});

test("a sample the model refuses is set aside with its reason and not asked again", async () => {
  const directory = await temporaryFolder();
  const { summary } = await run(directory, {}, { refuse: 6 });
  expect(summary).toMatchObject({ samples: ROWS - 1, rejected: 1, state: "done" });
  const [line] = (await readFile(join(directory, "rejected.jsonl"), "utf8")).trimEnd().split("\n");
  expect(JSON.parse(line as string)).toMatchObject({ row: 6, code: "refused", reason: "the script refuses this one" });
  expect((await run(directory, {}, { refuse: 6 })).asked).toEqual([]);
});

test("a model that does not see the image stops the run with a sentence that says so", async () => {
  const directory = await temporaryFolder();
  await expect(run(directory, {}, { imageTokens: 0 })).rejects.toThrow(
    /did not see the image .* holds no image tokens/,
  );
  expect((await summariseRun(directory)).state).toBe("failed");
});

test("a selection of nothing writes no subset, says which gate did it, and keeps the scores", async () => {
  const directory = await temporaryFolder();
  await run(directory);
  const { summary } = await run(directory, { selection: { lambdaC: 1 } });
  expect(summary).toMatchObject({ selected: 0, passedCde: 0, subset: null });
  expect(summary.extreme).toMatch(/CDE.*λ_c = 1/);
  expect(summary.scores).not.toBeNull();
  const allowed = await run(directory, { selection: { lambdaC: 1 }, allowEmpty: true });
  expect(await readFile(allowed.summary.subset as string, "utf8")).toBe("");
});

test("ACE drops samples whose response leans on one token, and is asked for CDE's survivors and candidates alone", async () => {
  const directory = await temporaryFolder();
  const { measured, summary } = await run(directory);
  expect(summary.passedAce).toBeLessThan(summary.passedCde);
  expect(summary.attended * 5).toBe(measured);
  expect(summary.attended).toBeLessThan(ROWS);
  const biased = (await table(directory, "decisions")).filter((row) => row.reason === "attention-biased");
  expect(biased.length).toBeGreaterThan(0);
  expect(biased.every((row) => (row.row as number) % 7 === 0)).toBe(true);
});

test("without an attention source ACE does not run, ψ is absent, and the report says so", async () => {
  const directory = await temporaryFolder();
  const { backend } = openPlantedBackend();
  const config = parseConfig({ dataset, prompt: { format: "none" } }, "test");
  await runPipeline(config, directory, { parts: { backend, attention: null } });
  const summary = await summariseRun(directory);
  expect(summary).toMatchObject({ aceRan: false, attended: 0, state: "done" });
  expect(summary.passedAce).toBe(summary.passedCde);
  expect((await table(directory, "decisions")).every((row) => row.psi === null)).toBe(true);
});

test("rollouts alone stop before attention and selection, and the run goes on from there", async () => {
  const directory = await temporaryFolder();
  const first = await run(directory, {}, { until: "rollouts" });
  expect([first.measured, first.summary.decisions]).toEqual([0, null]);
  const second = await run(directory);
  expect(second.asked).toEqual([]);
  expect(second.summary.state).toBe("done");
});
