import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { renderRefresh } from "../../src/cli/refresh.ts";
import { parseConfig, type SelectionInput } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import type { Arm } from "../../src/records.ts";
import { openDatabase, type Row, sqlText } from "../../src/runs/database.ts";
import type { Manifest } from "../../src/runs/manifest.ts";
import { openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const ROWS = 60;
let dataset: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "winnow-refresh-"));
  dataset = await writePlantedDataset(folder, ROWS);
  return () => rm(folder, { recursive: true });
});

interface Round {
  readonly asked: readonly string[];
  readonly manifest: Manifest;
  readonly decisions: readonly Row[];
}

/** A newer checkpoint that no longer needs the image for the rows that looked. */
const forgets = (row: number, arm: Arm): number | undefined => (row % 12 === 0 && arm === "text" ? 1 : undefined);

async function run(
  directory: string,
  options: {
    readonly share?: number;
    readonly name?: string;
    readonly selection?: SelectionInput;
    readonly stopAfter?: number;
  } = {},
): Promise<Round> {
  const checkpoint = options.name === undefined ? undefined : { name: options.name, chance: forgets };
  const { backend, asked } = openPlantedBackend(checkpoint && { checkpoint });
  const config = parseConfig({ dataset, prompt: { format: "none" }, selection: options.selection ?? {} }, "test");
  const stop = new AbortController();
  const advance = (): void => {
    if (asked.length >= (options.stopAfter ?? Number.POSITIVE_INFINITY)) stop.abort();
  };
  const manifest = await runPipeline(config, directory, {
    parts: { backend, attention: null },
    progress: { begin() {}, advance, end() {}, note() {} },
    signal: stop.signal,
    ...(options.share !== undefined && { refresh: { share: options.share } }),
  });
  return { asked, manifest, decisions: await readTable(directory, "decisions") };
}

async function readTable(directory: string, name: string): Promise<Row[]> {
  using database = await openDatabase(join(directory, "spill-test.tmp"));
  const rows: Row[] = [];
  const query = `SELECT * FROM ${sqlText(join(directory, `${name}.parquet`))}`;
  for await (const row of database.rows(query)) rows.push(row);
  return rows;
}

const selectedRows = ({ decisions }: Round): number[] =>
  decisions.flatMap((one) => (one.selected ? [one.row as number] : []));
const askedRows = ({ asked }: Round): Set<number> => new Set(asked.map((key) => Number(key.split("/")[0])));

test("with share 0 only what was selected, and what takes its place, is answered anew", async () => {
  const directory = await temporaryFolder();
  const first = await run(directory);
  const second = await run(directory, { name: "newer", share: 0 });
  const before = selectedRows(first);
  for (const row of before) expect(askedRows(second).has(row)).toBe(true);
  expect(askedRows(second).size).toBeLessThan(ROWS / 2);
  const { outcome, earlier, round } = second.manifest.refresh!;
  expect(round).toBe(1);
  expect(earlier).toEqual([{ model: "scripted", settings: first.manifest.settings }]);
  expect(outcome!.before).toBe(before.length);
  expect(outcome!.kept + outcome!.dropped).toBe(before.length);
  expect(outcome!.kept + outcome!.joined).toBe(selectedRows(second).length);
  expect(outcome!.answered).toBe(askedRows(second).size);
  expect(outcome!.carried).toBe(ROWS - askedRows(second).size);
});

test("no sample's counts mix two checkpoints, and the older one's rollouts stay under their settings", async () => {
  const directory = await temporaryFolder();
  const first = await run(directory);
  const second = await run(directory, { name: "newer", share: 0.3 });
  const rollouts = await readTable(directory, "rollouts");
  expect(rollouts).toHaveLength(first.asked.length + second.asked.length);
  const answered = askedRows(second);
  for (const decision of second.decisions) {
    const fresh = answered.has(decision.row as number);
    const { image } = (fresh ? second : first).manifest.settings;
    const right = rollouts.filter(
      (one) =>
        one.settings === image && one.sample_id === decision.id && one.arm === "image" && one.verdict === "correct",
    );
    expect(decision.correct_image).toBe(right.length);
    expect((decision.explanation as string).endsWith("Scored with scripted.")).toBe(!fresh);
  }
});

test("with share 1 everything is answered anew, and what the newer checkpoint reads from the text falls out", async () => {
  const directory = await temporaryFolder();
  const selection = { replace: 0 } as const;
  const first = await run(directory, { selection });
  expect(selectedRows(first)).toContain(12);
  const second = await run(directory, { name: "newer", share: 1, selection });
  expect(askedRows(second).size).toBe(ROWS);
  expect(selectedRows(second)).not.toContain(12);
  expect(second.manifest.refresh?.outcome).toMatchObject({ carried: 0, joined: 0, dropped: 5 });
  expect(renderRefresh(second.manifest.refresh!)).toContain("5 dropped, 0 joined");
});

test("rounds go through all samples, and what has been answered is never asked again", async () => {
  const directory = await temporaryFolder();
  await run(directory);
  const rounds: Round[] = [];
  for (let round = 0; round < 2; round++) rounds.push(await run(directory, { name: "newer", share: 0.5 }));
  const asked = rounds.flatMap((one) => one.asked);
  expect(new Set(asked).size).toBe(asked.length);
  expect(rounds.map((one) => one.manifest.refresh?.round)).toEqual([1, 2]);
  expect(rounds.at(-1)!.manifest.refresh?.outcome).toMatchObject({ carried: 0, answered: ROWS });
  expect((await run(directory, { name: "newer", share: 0.5 })).asked).toEqual([]);
});

test("a stopped refresh goes on with the same samples, and selecting again asks for nothing more", async () => {
  const [whole, pieces] = [await temporaryFolder(), await temporaryFolder()];
  await run(whole);
  await run(pieces);
  const one = await run(whole, { name: "newer", share: 0.2 });
  await expect(run(pieces, { name: "newer", share: 0.2, stopAfter: 40 })).rejects.toThrow("Stopped");
  const two = await run(pieces, { name: "newer", share: 0.2 });
  expect(two.decisions).toEqual(one.decisions);
  expect(two.manifest.refresh).toEqual(one.manifest.refresh);
  const again = await run(whole, { name: "newer" });
  expect(again.asked).toEqual([]);
  expect(again.decisions).toEqual(one.decisions);
});

test("a third checkpoint takes over from both, each sample from the newest that answered it", async () => {
  const directory = await temporaryFolder();
  await run(directory);
  const second = await run(directory, { name: "second", share: 0.5 });
  const third = await run(directory, { name: "third", share: 0 });
  expect(third.manifest.refresh?.earlier.map(({ model }) => model)).toEqual(["second", "scripted"]);
  for (const { row, explanation } of third.decisions) {
    const from = askedRows(third).has(row as number)
      ? ""
      : askedRows(second).has(row as number)
        ? "second"
        : "scripted";
    expect((explanation as string).includes("Scored with")).toBe(from !== "");
    if (from !== "") expect(explanation).toContain(`Scored with ${from}.`);
  }
});

test("methods that read responses have everything answered anew", async () => {
  const directory = await temporaryFolder();
  const selection = { method: "s1", budget: 10 } as const;
  await run(directory, { selection });
  expect(askedRows(await run(directory, { name: "newer", share: 0, selection })).size).toBe(ROWS);
});

test("a run without a finished selection is refused", async () => {
  const directory = await temporaryFolder();
  await expect(run(directory, { name: "newer", share: 0.1 })).rejects.toThrow(/finish the run first/);
});
