import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, test } from "vitest";
import type { AttentionRequest, AttentionSource } from "../../src/attention/attention-source.ts";
import { openOnnxAttention, openWorkerAttention } from "../../src/attention/index.ts";
import { PSI_PRESETS, parseConfig } from "../../src/config.ts";
import { newColumnScorer } from "../../src/estimators/index.ts";
import { runPipeline } from "../../src/pipeline.ts";
import type { Attention } from "../../src/records.ts";
import { scoringBy, stream } from "../attention/contract.ts";
import { promptOf, readFigures } from "../backends/onnx/figures.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Python with the worker's packages, as `.ci/run` or the worker's page installs them. */
const PYTHON = ["python/.venv/bin/python", "reproduction/.venv/bin/python"].find((path) => existsSync(path));
const withPython = PYTHON === undefined ? test.skip : test;
if (PYTHON === undefined) console.log("No python/.venv or reproduction/.venv: the worker is not tested here.");

interface RunningWorker extends AsyncDisposable {
  readonly url: string;
  readonly process: ChildProcess;
}

async function startWorker(...flags: string[]): Promise<RunningWorker> {
  const port = await freePort();
  const flagsOfAll = ["-m", "winnow_attention", "--model", "models/nano", "--device", "cpu", "--port", String(port)];
  const process = spawn(PYTHON as string, [...flagsOfAll, ...flags], {
    env: { ...globalThis.process.env, PYTHONPATH: "python", OMP_NUM_THREADS: "1" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const exited = new Promise<void>((resolve) => process.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  while ((await fetch(`${url}/health`).catch(() => undefined))?.ok !== true) {
    if (process.exitCode !== null) throw new Error(`The worker exited with ${process.exitCode}.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    url,
    process,
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function measure(
  source: AttentionSource,
  requests: readonly AttentionRequest[],
): Promise<Map<string, Attention>> {
  const found = new Map<string, Attention>();
  const scoring = scoringBy(() => newColumnScorer(PSI_PRESETS));
  for await (const one of source.measure(stream(requests), scoring)) {
    if ("type" in one) throw new Error(one.reason);
    found.set(`${one.sampleId}/${one.index}`, one);
  }
  return found;
}

withPython("worker and embedded model give the same scores to 1e-4", async () => {
  const golden = JSON.parse(readFileSync("test/fixtures/nano-golden.json", "utf8")).records as {
    id: string;
    arm: "image" | "text";
    input_ids: number[];
    response_ids: number[];
    response_text: string;
  }[];
  const figures = new Map((await readFigures(2000)).map((figure) => [figure.id, figure]));
  const requests = golden.map(
    ({ id, arm, input_ids, response_ids, response_text }): AttentionRequest => ({
      prompt: promptOf(figures.get(id) as never, arm),
      rollout: {
        sampleId: id,
        arm,
        index: arm === "image" ? 0 : 1,
        text: response_text,
        tokenIds: response_ids,
        promptTokens: input_ids.length,
        imageTokens: 0,
        responseTokens: response_ids.length,
        finish: "stop",
      },
    }),
  );
  const retokenised = requests.map(({ prompt, rollout: { tokenIds: _, ...rollout } }) => ({ prompt, rollout }));
  await using worker = await startWorker();
  await using embedded = await openOnnxAttention("models/nano");
  await using remote = await openWorkerAttention({ urls: [worker.url], batch: 5 });
  const expected = await measure(embedded, requests);
  expect(expected.size).toBe(golden.length);
  for (const found of [await measure(remote, requests), await measure(remote, retokenised)]) {
    expect(found.size).toBe(golden.length);
    for (const [key, one] of expected) {
      const other = found.get(key) as Attention;
      for (const name of Object.keys(PSI_PRESETS)) {
        expect(Math.abs((other.psi[name]?.logPsi as number) - (one.psi[name]?.logPsi as number))).toBeLessThan(1e-4);
        expect(other.psi[name]?.column).toBe(one.psi[name]?.column);
      }
      expect(other.imageMass).toBeCloseTo(one.imageMass, 4);
      expect(other.entropy).toBeCloseTo(one.entropy, 4);
      expect(other.topMass).toBeCloseTo(one.topMass, 4);
      expect(other.token).toBe(one.token);
    }
  }
  const metrics = await (await fetch(`${worker.url}/metrics`)).text();
  expect(metrics).toContain("winnow_attention_mismatches_total 0");
});

withPython(
  "a run with two workers, one of them stopped on the way, decides as one with the embedded model",
  async () => {
    const folder = await temporaryFolder();
    const dataset = join(folder, "figures.parquet");
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run(`COPY (FROM 'examples/figures/train.parquet' LIMIT 400) TO '${dataset}' (FORMAT parquet)`);
    connection.closeSync();
    const input = { dataset, sampling: { rollouts: 3 }, model: "models/nano" };
    const embedded = await runPipeline(parseConfig(input, "test"), join(folder, "embedded"));
    await using first = await startWorker();
    await using second = await startWorker();
    const config = parseConfig({ ...input, attention: "worker", attentionUrls: [first.url, second.url] }, "test");
    let measured = 0;
    const progress = {
      begin() {},
      end() {},
      note() {},
      advance(stage: string, count: number) {
        if (stage !== "attention") return;
        measured += count;
        if (measured === 50) first.process.kill("SIGTERM");
      },
    };
    const remote = await runPipeline(config, join(folder, "worker"), { progress });
    expect(measured).toBeGreaterThan(50);
    expect(remote.attention).toBe("worker models/nano");
    expect(remote.subset).toEqual(embedded.subset);
    const subset = (run: string): Buffer =>
      readFileSync(join(folder, run, "subset", embedded.subset?.files[0] as string));
    expect(subset("worker").equals(subset("embedded"))).toBe(true);
  },
);
