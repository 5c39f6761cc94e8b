import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect } from "vitest";
import type { AttentionRequest, AttentionSource } from "../../src/attention/attention-source.ts";
import { openOnnxAttention, openWorkerAttention } from "../../src/attention/index.ts";
import { PSI_PRESETS, parseConfig } from "../../src/config.ts";
import { newColumnScorer } from "../../src/estimators/index.ts";
import { runPipeline } from "../../src/pipeline.ts";
import type { Attention } from "../../src/records.ts";
import { scoringBy, stream } from "../attention/contract.ts";
import { promptOf, readFigures } from "../backends/onnx/figures.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type PythonServer, startPython, withPython } from "./python-server.ts";

function startWorker(...flags: string[]): Promise<PythonServer> {
  return startPython((port) => [
    ...["-m", "winnow_attention", "--model", "models/nano", "--device", "cpu", "--port", String(port)],
    ...flags,
  ]);
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
