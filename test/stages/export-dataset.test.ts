import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConfigInput, parseConfig } from "../../src/config.ts";
import { EXPORT_NAMES } from "../../src/formats/dialects/index.ts";
import { openDataset } from "../../src/formats/index.ts";
import { runPipeline } from "../../src/pipeline.ts";
import type { Sample } from "../../src/records.ts";
import { exportDataset } from "../../src/stages/export-dataset.ts";
import { sql } from "../formats/database.ts";
import { png } from "../formats/pictures.ts";
import { openPlantedAttention, openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { readDecisions } from "../read-decisions.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const PROMPT = "Think, then \\boxed{} your answer.";

async function score(dataset: string, input: Partial<ConfigInput> = {}, folder?: string): Promise<string> {
  const directory = join(folder ?? (await temporaryFolder()), "run");
  const { backend } = openPlantedBackend();
  const { attention } = openPlantedAttention();
  const config = parseConfig({ dataset, prompt: { format: PROMPT }, ...input }, "test");
  await runPipeline(config, directory, { parts: { backend, attention } });
  return directory;
}

async function samplesOf(path: string, dialect?: string): Promise<Sample[]> {
  await using dataset = await openDataset(path, { ...(dialect && { dialect }) });
  const samples: Sample[] = [];
  for await (const item of dataset.read()) {
    if (item.type === "rejected") throw new Error(`${item.rejected.code}: ${item.rejected.reason}`);
    samples.push(item.sample);
  }
  return samples;
}

/** What every trainer needs of a sample, wherever it puts the images and whatever follows the question. */
function essence({ question, groundTruth, images }: Sample): object {
  const asked = question.replaceAll("<image>", "").replace(PROMPT, "").trim();
  return { asked, groundTruth, images: images.map(({ bytes }) => Buffer.from(bytes).toString("base64")) };
}

describe("the selected samples of a run", () => {
  let shared: string;
  let run: string;
  let selected: Sample[];

  beforeAll(async () => {
    shared = await mkdtemp(join(tmpdir(), "winnow-test-"));
    run = await score(await writePlantedDataset(shared, 36), { control: true }, shared);
    selected = await samplesOf(join(run, "subset", "planted.jsonl"));
    expect(selected.length).toBeGreaterThan(3);
  }, 120_000);

  afterAll(() => rm(shared, { recursive: true, force: true }));

  test.each(EXPORT_NAMES)("become rows of %s with the same questions, answers and image bytes", async (to) => {
    const folder = join(await temporaryFolder(), to);
    const exported = await exportDataset(run, to, { folder });
    expect(exported).toMatchObject({ to, which: "selected", rows: selected.length, leftOut: {} });
    const rows = await samplesOf(join(folder, exported.files[0] as string), to);
    expect(rows.map(essence)).toEqual(selected.map(essence));
    const left = (await readdir(folder)).filter((name) => !["images", "recipe", "export.json"].includes(name));
    expect(left.sort()).toEqual([...exported.files].sort());
    expect(JSON.parse(await readFile(join(folder, "export.json"), "utf8"))).toEqual(exported);
  });

  test("carry their ids and scores behind the trainer's columns", async () => {
    const folder = join(await temporaryFolder(), "out");
    await exportDataset(run, "easyr1", { folder });
    const rows = await sql(
      `SELECT winnow_id, winnow_reason, winnow_d, winnow_correct_image, winnow_m FROM '${folder}/train.parquet' ORDER BY 1`,
    );
    const decisions = (await readDecisions(run)).filter((decision) => decision.selected === true);
    expect(rows).toEqual(
      decisions.map(({ id, reason, d, correct_image, m }) => [
        id,
        reason,
        d,
        BigInt(correct_image as number),
        BigInt(m as number),
      ]),
    );
  });

  test("ask as the model was asked where the trainer takes rows as they are, and the report says so", async () => {
    const folder = join(await temporaryFolder(), "out");
    const exported = await exportDataset(run, "ms-swift", { folder });
    const [line] = (await readFile(join(folder, "train.jsonl"), "utf8")).split("\n");
    const [message] = (JSON.parse(line as string) as { messages: { content: string }[] }).messages;
    expect(message?.content).toBe(`${selected[0]?.question} ${PROMPT}`);
    expect(exported.formatPrompt).toBe(PROMPT);
    expect((await exportDataset(run, "easyr1", { folder: `${folder}-2` })).formatPrompt).toBeNull();
  });

  test("can be a control of equal size, or all samples with their reasons", async () => {
    const folder = await temporaryFolder();
    const control = await exportDataset(run, "plain", { folder: join(folder, "control"), which: "control" });
    expect(control.rows).toBe(selected.length);
    const [exported, published] = await Promise.all([
      samplesOf(join(folder, "control", "train.jsonl")),
      samplesOf(join(run, "control", "planted.jsonl")),
    ]);
    expect(exported.map(essence)).toEqual(published.map(essence));
    const all = await exportDataset(run, "plain", { folder: join(folder, "all"), which: "all" });
    expect(all.rows).toBe(36);
    const lines = (await readFile(join(folder, "all", "train.jsonl"), "utf8")).trimEnd().split("\n");
    const written = lines.map((line) => JSON.parse(line) as { winnow_id: string; winnow_reason: string });
    const reasons = Object.fromEntries(written.map((row) => [row.winnow_id, row.winnow_reason]));
    expect(reasons).toEqual(Object.fromEntries((await readDecisions(run)).map(({ id, reason }) => [id, reason])));
  });

  test("never replace what is there, and nothing stays behind of an export that fails", async () => {
    const parent = await temporaryFolder();
    const folder = join(parent, "out");
    await mkdir(folder);
    await writeFile(join(folder, "mine.txt"), "mine");
    await expect(exportDataset(run, "trl", { folder })).rejects.toThrow("is there already");
    expect(await readdir(folder)).toEqual(["mine.txt"]);
    const interruption = AbortSignal.abort(new Error("stopped"));
    await expect(exportDataset(run, "trl", { folder: join(parent, "two"), signal: interruption })).rejects.toThrow(
      "stopped",
    );
    expect(await readdir(parent)).toEqual(["out"]);
  });

  test("an unknown trainer is refused with the list of those there are", async () => {
    await expect(exportDataset(run, "mulberry")).rejects.toThrow(
      /Expected one of plain, easyr1, .*llava; found `mulberry`/,
    );
    expect(existsSync(join(run, "mulberry"))).toBe(false);
  });
});

async function writeRows(rows: readonly object[]): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "images"));
  for (const [at, shade] of [10, 20, 30].entries())
    await writeFile(join(folder, "images", `${at}.png`), png({ shade }));
  const path = join(folder, "rows.jsonl");
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return path;
}

const EVERYTHING = { selection: { method: "full" }, allowEmpty: true } as const;

test("rows that a trainer's format cannot express are counted and listed with the reason, never dropped in silence", async () => {
  const dataset = await writeRows([
    { id: "a", question: "<image>What is 1?", answer: "1", images: ["images/0.png"] },
    { id: "b", question: "<image><image>What is 2?", answer: "2", images: ["images/0.png", "images/1.png"] },
    { id: "c", question: "<image>What is 3? Unlike <video>", answer: "3", images: ["images/2.png"] },
    { id: "d", question: "<image>What is 4? Which tag?", answer: "<image>", images: ["images/2.png"] },
  ]);
  const run = await score(dataset, EVERYTHING);
  const folder = await temporaryFolder();
  const leftOut = async (to: string): Promise<unknown[]> => {
    const { rows } = await exportDataset(run, to, { folder: join(folder, to) });
    const file = join(folder, to, "left-out.jsonl");
    const lines = existsSync(file) ? (await readFile(file, "utf8")).trimEnd().split("\n") : [];
    expect(rows + lines.length).toBe(4);
    return lines.map((line) => JSON.parse(line) as { id: string; code: string }).map(({ id, code }) => `${id} ${code}`);
  };
  expect(await leftOut("r1-v")).toEqual(["b too-many-images"]);
  expect(await leftOut("verl")).toEqual(["c reserved-text"]);
  expect(await leftOut("llama-factory")).toEqual(["c reserved-text", "d reserved-text"]);
  expect(await leftOut("easyr1")).toEqual([]);
  const [line] = (await readFile(join(folder, "r1-v", "left-out.jsonl"), "utf8")).split("\n");
  expect(JSON.parse(line as string)).toMatchObject({
    file: "rows.jsonl",
    row: 1,
    reason: "expected at most 1 image in a row; found 2.",
  });
});

test("an image that many rows show is written once, and exact duplicates come along as they do in the subset", async () => {
  const row = { question: "<image>What is 1?", answer: "1", images: ["images/0.png"] };
  const dataset = await writeRows([row, row, { ...row, question: "<image>What is 2?", answer: "2" }]);
  const folder = join(await temporaryFolder(), "out");
  const exported = await exportDataset(await score(dataset, EVERYTHING), "llava", { folder });
  expect(exported).toMatchObject({ rows: 3, images: 1 });
  expect(await readdir(join(folder, "images"))).toHaveLength(1);
});

test("options of multiple-choice questions go along, where verl's reward finds them too", async () => {
  const dataset = await writeRows([
    { question: "<image>What is 0? A or B?", answer: "A", images: ["images/0.png"], choices: ["red", "blue"] },
    { question: "<image>What is 1?", answer: "1", images: ["images/0.png"], choices: null },
  ]);
  const run = await score(dataset, EVERYTHING);
  const folder = await temporaryFolder();
  await exportDataset(run, "verl", { folder: join(folder, "verl") });
  const rows = await sql(
    `SELECT to_json(choices)::VARCHAR, to_json(extra_info.choices)::VARCHAR FROM '${folder}/verl/train.parquet'`,
  );
  expect(rows).toEqual([
    ['["red","blue"]', '["red","blue"]'],
    ["[]", "[]"],
  ]);
  const { cautions } = await exportDataset(run, "easyr1", { folder: join(folder, "easyr1") });
  expect(cautions).toEqual([expect.stringContaining("hands its reward no options")]);
});

test("LLaMA-Factory gets its dataset_info.json, and LMM-R1 the addresses its files will have", async () => {
  const dataset = await writeRows([{ question: "<image>What is 1?", answer: "1", images: ["images/0.png"] }]);
  const run = await score(dataset, EVERYTHING);
  const folder = await temporaryFolder();
  await exportDataset(run, "llama-factory", { folder: join(folder, "lf") });
  const info = JSON.parse(await readFile(join(folder, "lf", "dataset_info.json"), "utf8"));
  expect(info.winnow).toMatchObject({ file_name: "train.json", formatting: "sharegpt", columns: { images: "images" } });
  await exportDataset(run, "lmm-r1", { folder: join(folder, "lmm") });
  const line = JSON.parse(await readFile(join(folder, "lmm", "train.jsonl"), "utf8")) as { message: string };
  const [, address = ""] = /"file:\/\/([^"]+)"/.exec(line.message) ?? [];
  expect(address.startsWith("/")).toBe(true);
  expect(existsSync(address)).toBe(true);
});

test("data that changed since it was scored, and a run that decided nothing, are refused", async () => {
  const dataset = await writeRows([{ question: "<image>What is 1?", answer: "1", images: ["images/0.png"] }]);
  const run = await score(dataset, EVERYTHING);
  await writeFile(dataset, `${JSON.stringify({ question: "<image>2?", answer: "2", images: ["images/0.png"] })}\n`);
  const folder = join(await temporaryFolder(), "out");
  await expect(exportDataset(run, "trl", { folder })).rejects.toThrow("is not the data that was scored");
  await expect(exportDataset(await temporaryFolder(), "trl", { folder })).rejects.toThrow("is not a run directory");
  expect(existsSync(folder)).toBe(false);
});
