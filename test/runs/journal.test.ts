import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dropTornLines, Journal, journalFiles } from "../../src/runs/journal.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const LINE = { settings: "s", sampleId: "a", reason: "too long" };

test("a line is in the file before append returns", async () => {
  const folder = await temporaryFolder();
  using journal = new Journal(folder, "w1");
  journal.append("refused", [LINE]);
  const [file] = await journalFiles(folder, "refused");
  expect(await readFile(file as string, "utf8")).toBe(`${JSON.stringify(LINE)}\n`);
});

test("no file is made for a kind that has no lines", async () => {
  const folder = await temporaryFolder();
  using journal = new Journal(folder, "w1");
  journal.append("refused", []);
  expect(await readdir(folder)).toEqual([]);
});

test("a writer's name cannot be used twice", async () => {
  const folder = await temporaryFolder();
  using first = new Journal(folder, "w1");
  first.append("refused", [LINE]);
  using second = new Journal(folder, "w1");
  expect(() => second.append("refused", [LINE])).toThrow(/EEXIST/);
});

test("a torn last line is cut off and whole lines stay", async () => {
  const folder = await temporaryFolder();
  const torn = join(folder, "refused-w1.jsonl");
  const whole = `${JSON.stringify(LINE)}\n`;
  await writeFile(torn, whole);
  await appendFile(torn, '{"settings":"s","sam');
  expect(await dropTornLines(folder)).toBe(1);
  expect(await readFile(torn, "utf8")).toBe(whole);
  expect(await dropTornLines(folder)).toBe(0);
});

test("a file of one torn line longer than a block is emptied", async () => {
  const folder = await temporaryFolder();
  const torn = join(folder, "refused-w1.jsonl");
  await writeFile(torn, "x".repeat(200_000));
  expect(await dropTornLines(folder)).toBe(1);
  expect(await readFile(torn, "utf8")).toBe("");
});

test("minus infinity and lone surrogates are written as JSON can hold them", async () => {
  const folder = await temporaryFolder();
  using journal = new Journal(folder, "w1");
  const psi = { paper: { logPsi: Number.NEGATIVE_INFINITY } };
  const rest = { imageMass: 0, entropy: 0, topMass: 0 };
  journal.append("attention", [{ settings: "s", sampleId: "a", index: 0, psi, ...rest, token: "\ud800" }]);
  const [file] = await journalFiles(folder, "attention");
  const text = await readFile(file as string, "utf8");
  expect(JSON.parse(text).psi.paper.logPsi).toBe("-Infinity");
  expect(JSON.parse(text).token).toBe("\ufffd");
});
