import { copyFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Rollout } from "../../src/records.ts";
import type { StoredRollout } from "../../src/runs/rollout-row.ts";
import { openRunDirectory, type RunDirectory } from "../../src/runs/run-directory.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const SETTINGS = { image: "si", text: "st" };

function rollout(sampleId: string, index: number, text = "<think>a</think> \\boxed{1}"): Rollout {
  const tokens = { promptTokens: 9, imageTokens: 4, responseTokens: 3 };
  return { sampleId, arm: "image", index, text, tokenIds: [1, 2, 3], ...tokens, finish: "stop" };
}

async function stored(run: RunDirectory, settings = SETTINGS, grader = "g1"): Promise<StoredRollout[]> {
  const rows: StoredRollout[] = [];
  for await (const row of run.rollouts.stored(settings, grader)) rows.push(row);
  return rows.sort((a, b) => a.sampleId.localeCompare(b.sampleId) || a.index - b.index);
}

function grade(run: RunDirectory, sampleId: string, index: number, verdict: "correct" | "wrong", grader: string): void {
  const line = { settings: "si", sampleId, arm: "image", index, verdict, rule: "boxed/integer", grader };
  run.journal.append("grades", [line]);
}

test("rollouts and grades read the same from the journal and from the sealed table", async () => {
  await using run = await openRunDirectory(await temporaryFolder(), 0);
  run.journal.append("rollouts", [{ ...rollout("a", 0), settings: "si" }]);
  run.journal.append("rollouts", [{ ...rollout("a", 1), settings: "si" }]);
  grade(run, "a", 0, "correct", "g1");
  const before = await stored(run);
  expect(before).toEqual([
    { sampleId: "a", arm: "image", index: 0, truncated: false, verdict: "correct" },
    { sampleId: "a", arm: "image", index: 1, truncated: false },
  ]);
  await run.seal();
  expect(await stored(run)).toEqual(before);
  expect(await readdir(run.file("journal"))).toEqual([]);
});

test("a journal that outlived its sealing adds nothing twice", async () => {
  await using run = await openRunDirectory(await temporaryFolder(), 0);
  run.journal.append("rollouts", [{ ...rollout("a", 0), settings: "si" }]);
  grade(run, "a", 0, "correct", "g1");
  const names = await readdir(run.file("journal"));
  const copies = await temporaryFolder();
  for (const name of names) await copyFile(join(run.file("journal"), name), join(copies, name));
  await run.seal();
  for (const name of names) await copyFile(join(copies, name), join(run.file("journal"), name));
  expect(await stored(run)).toHaveLength(1);
  await run.seal();
  expect(await stored(run)).toEqual([{ sampleId: "a", arm: "image", index: 0, truncated: false, verdict: "correct" }]);
});

test("the newest grade of a rollout wins, also over one in the table", async () => {
  await using run = await openRunDirectory(await temporaryFolder(), 0);
  run.journal.append("rollouts", [{ ...rollout("a", 0), settings: "si" }]);
  grade(run, "a", 0, "correct", "g1");
  await run.seal();
  grade(run, "a", 0, "wrong", "g2");
  expect(await stored(run, SETTINGS, "g2")).toMatchObject([{ verdict: "wrong" }]);
  expect((await stored(run))[0]?.verdict).toBeUndefined();
});

test("rollouts of other settings are kept, counted, and never mixed in", async () => {
  await using run = await openRunDirectory(await temporaryFolder(), 0);
  run.journal.append("rollouts", [
    { ...rollout("a", 0), settings: "si" },
    { ...rollout("a", 0), settings: "other" },
  ]);
  await run.seal();
  expect(await stored(run)).toHaveLength(1);
  expect(await run.rollouts.countForeign(SETTINGS)).toBe(1);
  expect(await stored(run, { image: "other", text: "st" })).toHaveLength(1);
});

test("texts come back as they were: quotes, NUL, line breaks, other scripts", async () => {
  await using run = await openRunDirectory(await temporaryFolder(), 0);
  const text = "'; DROP TABLE x; --\u0000\r\n\u2028“日本”<script>";
  run.journal.append("rollouts", [{ ...rollout("a", 0, text), settings: "si" }]);
  await run.seal();
  const texts: (string | readonly number[] | undefined)[] = [];
  for await (const row of run.rollouts.read("si", "image", ["a"])) texts.push(row.text, row.tokenIds);
  expect(texts).toEqual([text, [1, 2, 3]]);
});

test("an ungraded rollout, and one of another grader, are named with their ground truth", async () => {
  await using run = await openRunDirectory(await temporaryFolder(), 0);
  run.journal.append(
    "rollouts",
    [0, 1, 2].map((index) => ({ ...rollout("a", index), settings: "si" })),
  );
  grade(run, "a", 0, "correct", "new");
  grade(run, "a", 1, "correct", "old");
  const questions = "SELECT 'a' AS id, '7' AS ground_truth, NULL::VARCHAR[] AS choices";
  const found: unknown[] = [];
  for await (const { rollout, sample } of run.rollouts.ungraded(SETTINGS, "new", questions)) {
    found.push([rollout.index, sample]);
  }
  expect(found.sort()).toEqual([
    [1, { groundTruth: "7" }],
    [2, { groundTruth: "7" }],
  ]);
});

test("the same rollouts seal to the same bytes, whatever order they came in", async () => {
  const tables: Buffer[] = [];
  for (const order of [
    [0, 1, 2],
    [2, 0, 1],
  ]) {
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    await using run = await openRunDirectory(folder, 0);
    for (const index of order) run.journal.append("rollouts", [{ ...rollout("a", index), settings: "si" }]);
    await run.seal();
    tables.push(await readFile(run.rollouts.path));
    await rm(run.rollouts.path);
  }
  expect(tables[0]?.equals(tables[1] as Buffer)).toBe(true);
});

test("totals count rollouts, truncations and tokens by arm", async () => {
  await using run = await openRunDirectory(await temporaryFolder(), 0);
  run.journal.append("rollouts", [
    { ...rollout("a", 0), settings: "si" },
    { ...rollout("a", 1), settings: "si", finish: "length" },
    { ...rollout("a", 2), settings: "si" },
  ]);
  const { image, text } = await run.rollouts.totals(SETTINGS, 2);
  expect(image).toEqual({ rollouts: 2, truncated: 1, promptTokens: 18, responseTokens: 6, uncounted: 0 });
  expect(text.rollouts).toBe(0);
});

test("log ψ of one option set is read back, minus infinity included, and another set is not taken for it", async () => {
  await using run = await openRunDirectory(await temporaryFolder(), 0);
  const rest = { settings: "si", sampleId: "a", imageMass: 0.5, entropy: 1, topMass: 0.5 };
  run.journal.append("attention", [
    { ...rest, index: 0, psi: { paper: { logPsi: Number.NEGATIVE_INFINITY } } },
    { ...rest, index: 1, psi: { paper: { logPsi: -2.5, column: 3 }, robust: { logPsi: -1 } } },
  ]);
  for (const sealed of [false, true]) {
    if (sealed) await run.seal();
    const found: unknown[] = [];
    for await (const { index, logPsi } of run.attention.stored("si", "paper")) found.push([index, logPsi]);
    expect(found.sort()).toEqual([
      [0, Number.NEGATIVE_INFINITY],
      [1, -2.5],
    ]);
    for await (const { index } of run.attention.stored("si", "robust")) expect(index).toBe(1);
    expect(await run.attention.countSamples("si")).toBe(1);
  }
});

test("what a log does not say stays absent: token counts, how a response ended", async () => {
  await using run = await openRunDirectory(await temporaryFolder(), 0);
  const bare = { sampleId: "a", arm: "image" as const, text: "7", origin: "image.json:0", loggedScore: 0.9 };
  run.journal.append("rollouts", [{ ...bare, index: 0, settings: "si" }]);
  run.journal.append("rollouts", [{ ...rollout("a", 1), settings: "si" }]);
  for (let pass = 0; pass < 2; pass += 1) {
    const read: Rollout[] = [];
    for await (const one of run.rollouts.read("si", "image", ["a"])) read.push(one);
    expect(read).toEqual([{ ...bare, index: 0 }, rollout("a", 1)]);
    const { image } = await run.rollouts.totals(SETTINGS, 5);
    expect(image).toEqual({ rollouts: 2, truncated: 0, promptTokens: 9, responseTokens: 3, uncounted: 1 });
    await run.seal();
  }
});

test("token sums of an arm that counts none are absent, not 0", async () => {
  await using run = await openRunDirectory(await temporaryFolder(), 0);
  run.journal.append("rollouts", [{ sampleId: "a", arm: "image", index: 0, text: "7", settings: "si" }]);
  const { image } = await run.rollouts.totals(SETTINGS, 5);
  expect(image).toEqual({ rollouts: 1, truncated: 0, uncounted: 1 });
});
