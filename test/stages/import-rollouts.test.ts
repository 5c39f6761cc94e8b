import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type ConfigInput, parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { openDatabase, type Row, sqlText } from "../../src/runs/database.ts";
import { readManifest } from "../../src/runs/manifest.ts";
import { type ImportOptions, type ImportReport, importRollouts } from "../../src/stages/import-rollouts.ts";
import { openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { readDecisions } from "../read-decisions.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const ROWS = 24;

async function table(directory: string, query: string): Promise<Row[]> {
  using database = await openDatabase(join(directory, "spill-test.tmp"));
  const rows: Row[] = [];
  for await (const row of database.rows(query.replace("@", sqlText(join(directory, "rollouts.parquet")))))
    rows.push(row);
  return rows;
}

/** A planted dataset, and the rollouts of a full run on it in the official RAP code's layout. */
async function writeRapLogs(): Promise<{ folder: string; dataset: string; logs: string; direct: string }> {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, ROWS);
  const direct = join(folder, "direct");
  const { backend } = openPlantedBackend();
  const input = { dataset, prompt: { format: "none" }, protocol: "full" as const };
  await runPipeline(parseConfig(input, "test"), direct, { parts: { backend, attention: null } });
  const logs = join(folder, "logs");
  await mkdir(logs);
  const rollouts = await table(
    direct,
    `SELECT row_id, ground_truth, arm, text, verdict FROM @ r JOIN '${join(direct, "samples.parquet")}' s
     ON s.id = r.sample_id ORDER BY s."row", "index"`,
  );
  for (const [name, arm] of [
    ["image.json", "image"],
    ["txt.json", "text"],
  ]) {
    const records = rollouts
      .filter((row) => row.arm === arm)
      .map((row) => ({
        onlyid: row.row_id,
        answer: row.text,
        ground_truth: row.ground_truth,
        reward: row.verdict === "correct" ? 1 : 0.1,
      }));
    await writeFile(join(logs, name as string), JSON.stringify(records));
  }
  return { folder, dataset, logs, direct };
}

function importInto(
  directory: string,
  dataset: string,
  log: string,
  options: ImportOptions & { readonly config?: Partial<ConfigInput> } = {},
): Promise<ImportReport> {
  const { config, ...more } = options;
  return importRollouts(
    parseConfig({ dataset, backend: "imported", attention: "none", ...config }, "test"),
    directory,
    log,
    more,
  );
}

async function select(directory: string): Promise<Record<string, unknown>[]> {
  const manifest = await readManifest(directory);
  await runPipeline(parseConfig({ ...manifest?.config, allowEmpty: true }, "test"), directory);
  return await readDecisions(directory);
}

test("imported rollouts select what taking them here selects, and every response is accounted for", async () => {
  const { folder, dataset, logs, direct } = await writeRapLogs();
  const directory = join(folder, "imported");
  const report = await importInto(directory, dataset, logs);
  expect(
    report.files.map(({ layout, responses, imported, joinedBy, left }) => [
      layout,
      responses,
      imported,
      joinedBy,
      left,
    ]),
  ).toEqual([
    ["rap", 5 * ROWS, { image: 5 * ROWS, text: 0 }, { id: 5 * ROWS }, {}],
    ["rap", 5 * ROWS, { image: 0, text: 5 * ROWS }, { id: 5 * ROWS }, {}],
  ]);
  expect(report).toMatchObject({ m: 5, declared: false, unjoined: null });
  const decisions = await select(directory);
  expect(decisions.some((decision) => decision.selected)).toBe(true);
  expect(decisions).toEqual(await readDecisions(direct));
});

test("importing the same logs again adds nothing, and one that grew adds what is new", async () => {
  const { folder, dataset, logs } = await writeRapLogs();
  const directory = join(folder, "imported");
  const image = join(logs, "image.json");
  const whole = JSON.parse(await readFile(image, "utf8")) as object[];
  await writeFile(image, JSON.stringify(whole.slice(0, 60)));
  await importInto(directory, dataset, image);
  await writeFile(image, JSON.stringify(whole));
  const [grown] = (await importInto(directory, dataset, image)).files;
  expect([grown?.imported.image, grown?.already]).toEqual([whole.length - 60, 60]);
  const [again] = (await importInto(directory, dataset, image)).files;
  expect([again?.imported.image, again?.already]).toEqual([0, whole.length]);
  const rollouts = await table(
    directory,
    `SELECT sample_id, list("index" ORDER BY "index") AS indices FROM @ GROUP BY ALL`,
  );
  expect(rollouts.map((row) => row.indices)).toEqual(Array(ROWS).fill([0, 1, 2, 3, 4]));
});

test("scores without responses decide by a rule, and go on deciding when thresholds change", async () => {
  const { folder, dataset, logs, direct } = await writeRapLogs();
  for (const name of ["image.json", "txt.json"]) {
    const records = JSON.parse(await readFile(join(logs, name), "utf8")) as { onlyid: string; reward: number }[];
    await writeFile(join(logs, name), JSON.stringify(records.map(({ onlyid, reward }) => ({ onlyid, reward }))));
  }
  const none = join(folder, "none");
  const unruled = await importInto(none, dataset, logs);
  expect(unruled.files.map(({ left }) => left)).toEqual([{ "no-response": 5 * ROWS }, { "no-response": 5 * ROWS }]);
  const directory = join(folder, "imported");
  const report = await importInto(directory, dataset, join(logs, "image.json"), {
    config: { grading: { correctIff: "reward >= 1" } },
  });
  expect(report).toMatchObject({ correctIff: "reward >= 1", agreement: null });
  // The rule is the run's from then on.
  await importInto(directory, dataset, join(logs, "txt.json"));
  const columns = ["id", "selected", "reason", "correct_image", "correct_text", "d"];
  const pick = (rows: Record<string, unknown>[]): unknown[] => rows.map((row) => columns.map((column) => row[column]));
  expect(pick(await select(directory))).toEqual(pick(await readDecisions(direct)));
  expect(await table(directory, "SELECT DISTINCT rule FROM @")).toEqual([{ rule: "logged" }]);
});

test("verdicts that differ from the logged scores are counted and listed", async () => {
  const { folder, dataset, logs } = await writeRapLogs();
  const image = join(logs, "image.json");
  const records = JSON.parse(await readFile(image, "utf8")) as { reward: number; answer: string }[];
  const flipped = records.findIndex(({ reward }) => reward === 1);
  (records[flipped] as { reward: number }).reward = 0.1;
  await writeFile(image, JSON.stringify(records));
  const directory = join(folder, "imported");
  const { agreement } = await importInto(directory, dataset, image);
  const wrong = records.filter(({ reward }) => reward < 0.5).length - 1;
  expect(agreement?.counts).toEqual([
    { loggedRight: false, verdict: "correct", rollouts: 1 },
    { loggedRight: false, verdict: "wrong", rollouts: wrong },
    { loggedRight: true, verdict: "correct", rollouts: records.length - wrong - 1 },
  ]);
  const listed = (await readFile(agreement?.disagreements as string, "utf8")).trimEnd().split("\n");
  expect(listed.map((line) => JSON.parse(line))).toMatchObject([
    { origin: `image.json:${flipped}`, loggedScore: 0.1, verdict: "correct" },
  ]);
});

test("what does not join is left out with its reason and its place, and never merged", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 4);
  const twin = JSON.stringify({ id: "twin", question: "<image>What is 3?", answer: "3", images: ["images/0.png"] });
  await writeFile(dataset, `${await readFile(dataset, "utf8")}${twin}\n`);
  const log = join(folder, "log.jsonl");
  const prompt = (row: number): string => `user\nWhat is ${row}?\nassistant`;
  const lines = [
    { input: prompt(1), output: "\\boxed{1}", gts: "1", score: 1, step: 1 },
    { input: prompt(1), output: "\\boxed{2}", gts: "1", score: 0, step: 1 },
    { input: prompt(2), output: "\\boxed{2}", gts: "7", score: 1, step: 1 },
    { input: prompt(3), output: "\\boxed{3}", gts: "3", score: 1, step: 1 },
    { input: prompt(9), output: "\\boxed{9}", gts: "9", score: 1, step: 1 },
    { input: prompt(1), output: "\\boxed{1}", gts: "1", score: 1, step: 2 },
  ];
  await writeFile(log, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n{"input":\n`);
  const directory = join(folder, "imported");
  await expect(importInto(directory, dataset, log)).rejects.toThrow(
    /log\.jsonl does not say .* --arm image or --arm text/,
  );
  const report = await importInto(directory, dataset, log, { arm: "text" });
  expect(report.files).toMatchObject([
    { layout: "verl", responses: 7, imported: { image: 0, text: 2 }, joinedBy: { text: 2 } },
  ]);
  const listed = (await readFile(report.unjoined as string, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(listed.map(({ file, row, reason }) => [file, row, reason])).toEqual([
    ["log.jsonl", 2, "gold-differs"],
    ["log.jsonl", 3, "ambiguous"],
    ["log.jsonl", 4, "no-match"],
    ["log.jsonl", 5, "later-step"],
    ["log.jsonl", 6, "malformed"],
  ]);
  expect(report.m).toBe(2);
});

test("a run of imported rollouts says which samples lack some, and decides the others", async () => {
  const { folder, dataset, logs } = await writeRapLogs();
  const image = join(logs, "image.json");
  const records = JSON.parse(await readFile(image, "utf8")) as { onlyid: string }[];
  await writeFile(image, JSON.stringify(records.filter(({ onlyid }) => onlyid !== "r0")));
  const directory = join(folder, "imported");
  await importInto(directory, dataset, logs);
  const decisions = await select(directory);
  expect(decisions.filter(({ reason }) => reason === "incomplete")).toHaveLength(1);
});

test("with model and prompt declared the rollouts are those of a run on servers, and else of nobody", async () => {
  const { folder, dataset, logs } = await writeRapLogs();
  const declared = { model: "m", prompt: { format: "none" } };
  const settings: unknown[] = [];
  for (const [name, config] of Object.entries({ declared, half: { model: "m" }, none: {} })) {
    const report = await importInto(join(folder, name), dataset, logs, { config });
    expect(report.declared).toBe(name === "declared");
    settings.push((await readManifest(join(folder, name)))?.settings.image);
  }
  const remote = join(folder, "remote");
  const { backend } = openPlantedBackend();
  const { fingerprintModel } = await import("../../src/backends/openai/model-fingerprint.ts");
  const model = { name: "m", fingerprint: fingerprintModel("m", {}) };
  await runPipeline(parseConfig({ dataset, ...declared }, "test"), remote, {
    until: "rollouts",
    parts: { backend: { ...backend, model }, attention: null },
  });
  expect((await readManifest(remote))?.settings.image).toBe(settings[0]);
  expect(new Set(settings).size).toBe(3);
});
