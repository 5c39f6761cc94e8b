import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { packageRoot } from "../../src/lib/package-root.ts";
import { randomStream } from "../../src/lib/random-stream.ts";
import { openDatabase, type Row, sqlText } from "../../src/runs/database.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const KILLS = 32;
const winnow = join(packageRoot(), "bin", "winnow.js");
const dataset = join(packageRoot(), "examples", "figures");

/** Runs the command line; with `killAfter` milliseconds, kills it without warning at that point. */
function runWinnow(args: readonly string[], killAfter?: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [winnow, ...args], { stdio: ["ignore", "ignore", "inherit"] });
    const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfter);
    child.on("error", reject).on("exit", (code) => {
      clearTimeout(timer);
      resolve(code);
    });
  });
}

function keyOf(row: Row): string {
  return `${row.sample_id}/${row.arm}/${row.index}`;
}

/** The rollouts in the journals, as keys; a torn last line is no rollout. */
async function journaled(directory: string): Promise<string[]> {
  const keys: string[] = [];
  const journal = join(directory, "journal");
  for (const name of (await readdir(journal).catch(() => [])).filter((file) => file.startsWith("rollouts-"))) {
    const lines = (await readFile(join(journal, name), "utf8")).split("\n").slice(0, -1);
    for (const line of lines) {
      const { sampleId, arm, index } = JSON.parse(line) as Row;
      keys.push(keyOf({ sample_id: sampleId, arm, index }));
    }
  }
  return keys;
}

async function table(directory: string, name: string): Promise<Row[]> {
  using database = await openDatabase(join(directory, "spill-test.tmp"));
  const rows: Row[] = [];
  for await (const row of database.rows(`SELECT * FROM ${sqlText(join(directory, name))}`)) rows.push(row);
  return rows;
}

let reference: string;
let wholeRun: number;

beforeAll(async () => {
  reference = await mkdtemp(join(tmpdir(), "winnow-reference-"));
  const started = performance.now();
  expect(await runWinnow(["run", dataset, "--out", reference, "--quiet"])).toBe(0);
  wholeRun = performance.now() - started;
  return () => rm(reference, { recursive: true });
}, 300_000);

/** Checks that a finished run came to exactly what the undisturbed one came to. */
async function expectReference(directory: string): Promise<void> {
  for (const name of ["decisions.parquet", "scores.parquet", "samples.parquet", "rejected.jsonl"]) {
    expect((await readFile(join(directory, name))).equals(await readFile(join(reference, name))), name).toBe(true);
  }
  const text = (rows: Row[]): unknown[] => rows.map((row) => [keyOf(row), row.text, row.verdict]);
  expect(text(await table(directory, "rollouts.parquet"))).toEqual(text(await table(reference, "rollouts.parquet")));
  const subset = await readdir(join(directory, "subset"));
  expect(subset).toEqual(await readdir(join(reference, "subset")));
  for (const name of subset) {
    const [ours, theirs] = [directory, reference].map((folder) => readFile(join(folder, "subset", name)));
    expect((await ours)?.equals((await theirs) as Buffer), name).toBe(true);
  }
}

test(`runs killed at ${KILLS} random points lose nothing, repeat nothing and decide the same`, async () => {
  const random = randomStream("kills");
  let kills = 0;
  while (kills < KILLS) {
    const directory = await temporaryFolder();
    let known = new Set<string>();
    for (let done = false; !done; ) {
      // Points all over the run: start-up, reading, rolling out, sealing, selecting, writing.
      const limit = kills < KILLS ? random() * wholeRun : undefined;
      done = (await runWinnow(["run", dataset, "--out", directory, "--quiet"], limit)) === 0;
      if (!done) kills += 1;
      const journal = await journaled(directory);
      expect(new Set(journal).size).toBe(journal.length);
      const sealed = await table(directory, "rollouts.parquet").catch(() => []);
      const now = new Set([...journal, ...sealed.map(keyOf)]);
      expect([...known].filter((key) => !now.has(key))).toEqual([]);
      known = now;
    }
    await expectReference(directory);
  }
  console.log(`${kills} kills; an undisturbed run takes ${(wholeRun / 1000).toFixed(1)} s`);
});
