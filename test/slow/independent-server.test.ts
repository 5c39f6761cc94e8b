import { join } from "node:path";
import { expect } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import type { Progress } from "../../src/stages/progress.ts";
import { readDecisions } from "../read-decisions.ts";
import { writeFigures } from "../serve/write-figures.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { startPython, withPython } from "./python-server.ts";

const SAMPLES = 80;

withPython("through transformers serve and the attention worker the same is decided as embedded", async () => {
  const folder = await temporaryFolder();
  const dataset = await writeFigures(join(folder, "figures.jsonl"), SAMPLES);
  const shared = {
    dataset,
    prompt: { format: "none" },
    sampling: { rollouts: 2, temperature: 0, maxTokens: 32 },
  };
  await runPipeline(parseConfig(shared, "test"), join(folder, "embedded"));

  const flags = ["--device", "cpu", "--host", "127.0.0.1", "--log-level", "error"];
  await using server = await startPython((port) => ["serve", "models/nano", ...flags, "--port", String(port)], {
    program: "transformers",
    environment: { HF_HUB_OFFLINE: "1", HF_HOME: join(folder, "hub") },
  });
  await using worker = await startPython((port) =>
    ["-m", "winnow_attention", "--model", "models/nano", "--device", "cpu", "--port"].concat(String(port)),
  );
  const notes: string[] = [];
  const progress: Progress = { begin() {}, end() {}, advance() {}, note: (text) => notes.push(text) };
  const config = {
    ...shared,
    model: "models/nano",
    openai: { baseUrls: `${server.url}/v1` },
    attention: "worker",
    attentionUrls: [worker.url],
  };
  const manifest = await runPipeline(parseConfig(config, "test"), join(folder, "remote"), { progress });

  expect(notes).toEqual([
    `${server.url}/v1 takes one response a request; does not know min_p, repetition_penalty, top_k, so its model's own defaults hold.`,
  ]);
  expect(manifest.attention).toBe("worker models/nano");
  const decisions = await readDecisions(join(folder, "remote"));
  const expected = await readDecisions(join(folder, "embedded"));
  expect(decisions).toHaveLength(SAMPLES);
  const withoutPsi = (rows: typeof decisions) => rows.map(({ psi: _, ...more }) => more);
  expect(withoutPsi(decisions)).toEqual(withoutPsi(expected));
  for (const [at, { psi }] of decisions.entries()) {
    if (psi === null) expect(expected[at]?.psi).toBeNull();
    else expect(psi).toBeCloseTo(expected[at]?.psi as number, 4);
  }
  expect(decisions.filter((decision) => decision.psi !== null && decision.selected).length).toBeGreaterThan(0);
});
