import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OpenaiBackendOptions, openOpenaiBackend } from "../../src/backends/index.ts";
import { parseConfig } from "../../src/config.ts";
import { randomStream } from "../../src/lib/random-stream.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { type ServedModelHandle, serveModel } from "../../src/serve/serve-model.ts";
import { readDecisions } from "../read-decisions.ts";
import { writeFigures } from "../serve/write-figures.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type Fault, openFaultyProxy } from "./faulty-proxy.ts";

const SAMPLES = 200;
const FAULTS: readonly Fault[] = [
  "reset",
  "reset-mid-body",
  "429",
  "500",
  "503",
  "abort-in-200",
  "malformed",
  "truncated",
  "empty-choices",
  "fewer-choices",
];

let served: ServedModelHandle;
beforeAll(async () => {
  served = await serveModel({ model: "models/nano", port: 0 });
});
afterAll(() => served[Symbol.asyncDispose]());

/** Runs the pipeline on figures through these servers, at temperature 1. */
async function runThrough(folder: string, name: string, options: OpenaiBackendOptions): Promise<string> {
  const dataset = await writeFigures(join(folder, "figures.jsonl"), SAMPLES);
  const config = parseConfig(
    {
      dataset,
      prompt: { format: "none" },
      sampling: { rollouts: 5, maxTokens: 32 },
      attention: "none",
      allowEmpty: true,
    },
    "test",
  );
  await using backend = await openOpenaiBackend(options);
  const out = join(folder, name);
  await runPipeline(config, out, { parts: { backend, attention: null } });
  return out;
}

async function countRollouts(run: string): Promise<{ rows: number; distinct: number }> {
  const connection = await (await DuckDBInstance.create()).connect();
  const table = await connection.runAndReadAll(
    `SELECT count(*)::INT AS rows, count(DISTINCT (sample_id, arm, "index"))::INT AS distinct FROM '${join(run, "rollouts.parquet")}'`,
  );
  return table.getRowObjectsJS()[0] as { rows: number; distinct: number };
}

test("faults of every kind change no decision; no rollout is lost or taken twice", async () => {
  const folder = await temporaryFolder();
  const clean = await runThrough(folder, "clean", { baseUrls: [served.url] });

  const random = randomStream("faults");
  let burst = 0;
  let turn = 0;
  // Every fourth request meets the next kind of fault; a burst of 500s; two stalls.
  const faultOf = (count: number): Fault | undefined => {
    if (count === 5 || count === 40) return "stall";
    if (count === 30) burst = 6;
    if (burst > 0) {
      burst -= 1;
      return "500";
    }
    return random() < 0.25 ? FAULTS[turn++ % FAULTS.length] : undefined;
  };
  await using troubled = await openFaultyProxy(served.url, faultOf);
  // Dies in the middle of its work and comes back.
  await using returning = await openFaultyProxy(served.url, (count, _, proxy) => {
    if (count !== 25) return faultOf(count);
    void proxy.down().then(() => setTimeout(() => void proxy.up(), 1500));
    return "reset";
  });
  // Dies for good.
  await using dying = await openFaultyProxy(served.url, (count, _, proxy) => {
    if (count < 10) return undefined;
    void proxy.down();
    return "reset";
  });
  const baseUrls = [troubled.url, returning.url, dying.url];
  const faulty = await runThrough(folder, "faulty", { baseUrls, timeout: 3, patience: 60 });

  expect(await readDecisions(faulty)).toEqual(await readDecisions(clean));
  const counts = await countRollouts(faulty);
  expect(counts.distinct).toBe(counts.rows);
  expect(counts).toEqual(await countRollouts(clean));
  const injected = new Set([...troubled.injected.keys(), ...returning.injected.keys()]);
  expect([...injected].sort()).toEqual([...FAULTS, "stall"].sort());
});

test("a sample that every server fails on is set aside with its reason, and the rest are decided", async () => {
  const folder = await temporaryFolder();
  const clean = await readDecisions(await runThrough(folder, "clean", { baseUrls: [served.url] }));
  let poison = "";
  const faultOf = (_: number, body: string): Fault | undefined => {
    const image = /base64,([^"]+)/.exec(body)?.[1] ?? "";
    if (poison === "" && image !== "") poison = image;
    return image !== "" && image === poison ? "500" : undefined;
  };
  await using one = await openFaultyProxy(served.url, faultOf);
  await using other = await openFaultyProxy(served.url, faultOf);
  const run = await runThrough(folder, "poisoned", { baseUrls: [one.url, other.url] });
  const rejected = (await readFile(join(run, "rejected.jsonl"), "utf8")).trimEnd().split("\n");
  expect(rejected).toHaveLength(1);
  const { id, code, reason } = JSON.parse(rejected[0] as string);
  expect([code, reason]).toEqual(["refused", "Given up after 8 tries; last: status 500: oops"]);
  const decided = (await readDecisions(run)).map((decision) => decision.id);
  expect(decided).toHaveLength(SAMPLES - 1);
  expect([...decided, id].sort()).toEqual(clean.map((decision) => decision.id).sort());
});
