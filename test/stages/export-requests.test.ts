import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Config, type ConfigInput, parseConfig } from "../../src/config.ts";
import { parseRequestId } from "../../src/imports/request-id.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { openDatabase, type Row, sqlText } from "../../src/runs/database.ts";
import { readManifest } from "../../src/runs/manifest.ts";
import { serveModel } from "../../src/serve/serve-model.ts";
import { exportRequests } from "../../src/stages/export-requests.ts";
import { importRollouts } from "../../src/stages/import-rollouts.ts";
import { writePlantedDataset } from "../planted-dataset.ts";
import { readDecisions } from "../read-decisions.ts";
import { writeFigures } from "../serve/write-figures.ts";
import { temporaryFolder } from "../temporary-folder.ts";

interface Request {
  readonly custom_id: string;
  readonly method: string;
  readonly url: string;
  readonly body: Record<string, unknown> & { readonly n: number; readonly messages: readonly { content: unknown }[] };
}

function configure(input: ConfigInput): Config {
  return parseConfig({ prompt: { format: "none" }, attention: "none", allowEmpty: true, ...input }, "test");
}

async function readRequests(file: string): Promise<Request[]> {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Request);
}

/** Answers a batch file with a server, in reverse order, as a batch service would. */
async function answer(requests: readonly Request[], url: string, file: string): Promise<void> {
  const lines: string[] = [];
  for (const { custom_id, body } of requests.toReversed()) {
    const reply = await fetch(`${url}/chat/completions`, { method: "POST", body: JSON.stringify(body) });
    const response = { status_code: reply.status, request_id: custom_id, body: await reply.json() };
    lines.push(JSON.stringify({ id: `batch-${custom_id}`, custom_id, response, error: null }));
  }
  await writeFile(file, `${lines.join("\n")}\n`);
}

async function readRollouts(directory: string): Promise<Row[]> {
  using database = await openDatabase(join(directory, "spill-test.tmp"));
  const rows: Row[] = [];
  const path = sqlText(join(directory, "rollouts.parquet"));
  for await (const row of database.rows(`SELECT * EXCLUDE (origin) FROM ${path} ORDER BY ALL`)) rows.push(row);
  return rows;
}

test("requests that are answered elsewhere and imported give the run that asking the server gives", async () => {
  const folder = await temporaryFolder();
  const dataset = await writeFigures(join(folder, "figures.jsonl"), 24);
  await using served = await serveModel({ model: "models/nano", port: 0 });
  const shared = { dataset, sampling: { rollouts: 3, maxTokens: 32 }, protocol: "full" as const };
  const direct = join(folder, "direct");
  await runPipeline(configure({ ...shared, openai: { baseUrls: served.url } }), direct);

  const directory = join(folder, "batch");
  const config = configure({ ...shared, model: served.model, backend: "imported" });
  const file = join(folder, "requests.jsonl");
  const report = await exportRequests(config, directory, file);
  expect(report).toMatchObject({ file, requests: { image: 24, text: 24 }, rollouts: { image: 72, text: 72 } });
  const requests = await readRequests(file);
  await answer(requests.slice(0, 40), served.url, join(folder, "answers.jsonl"));
  const partly = await importRollouts(config, directory, join(folder, "answers.jsonl"));
  expect(partly.files).toMatchObject([
    { layout: "openai-batch", responses: 120, joinedBy: { request: 120 }, left: {} },
  ]);

  // The rest is asked of the server itself: the settings are the same.
  const manifest = await readManifest(directory);
  const topped = configure({
    ...(manifest?.config as ConfigInput),
    backend: "openai",
    openai: { baseUrls: served.url },
  });
  await runPipeline(topped, directory);
  expect(await readRollouts(directory)).toEqual(await readRollouts(direct));
  expect(await readDecisions(directory)).toEqual(await readDecisions(direct));
});

test("what is written again is just what is missing, and nothing when nothing is", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 6);
  const directory = join(folder, "run");
  const file = join(folder, "requests.jsonl");
  const config = configure({ dataset, model: "m", backend: "imported" });
  await exportRequests(config, directory, file);
  const all = await readRequests(file);
  const answered = all.map(({ custom_id, body }, at) => ({
    custom_id,
    response:
      at === 3
        ? { status_code: 500, body: {} }
        : {
            status_code: 200,
            body: {
              choices: Array.from({ length: at === 5 ? 2 : body.n }, (_, index) => ({
                index,
                message: { content: `\\boxed{${Math.floor(at / 2)}}` },
                finish_reason: "stop",
              })),
            },
          },
  }));
  const answers = join(folder, "answers.jsonl");
  await writeFile(answers, answered.map((line) => JSON.stringify(line)).join("\n"));
  const report = await importRollouts(config, directory, answers);
  expect(report.files).toMatchObject([{ left: { failed: 1 } }]);
  await exportRequests(config, directory, file);
  const keys = (await readRequests(file)).map(({ custom_id }) => parseRequestId(custom_id));
  expect(keys.map((key) => [key?.arm, key?.first, key?.count])).toEqual([
    ["text", 0, 5],
    ["text", 2, 3],
  ]);
  const nothing = join(folder, "nothing.jsonl");
  const done = join(folder, "done.jsonl");
  const rest = (await readRequests(file)).map(({ custom_id, body }) => {
    const choices = Array.from({ length: body.n }, (_, index) => ({
      index,
      message: { content: "1" },
      finish_reason: "stop",
    }));
    return JSON.stringify({ custom_id, response: { status_code: 200, body: { choices } } });
  });
  await writeFile(done, rest.join("\n"));
  await importRollouts(config, directory, done);
  expect(await exportRequests(config, directory, nothing)).toMatchObject({
    file: null,
    requests: { image: 0, text: 0 },
  });
  expect(existsSync(nothing)).toBe(false);
});

test("a wave is what the lazy protocol asks for next", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 6);
  const file = join(folder, "requests.jsonl");
  const config = configure({ dataset, model: "m", backend: "imported" });
  const report = await exportRequests(config, join(folder, "run"), file, { wave: true });
  expect(report.requests).toEqual({ image: 6, text: 0 });
});

test("answers to requests under other settings are left out by name", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 2);
  const file = join(folder, "requests.jsonl");
  await exportRequests(configure({ dataset, model: "m", backend: "imported" }), join(folder, "a"), file);
  const answers = join(folder, "answers");
  await mkdir(answers);
  const choices = [{ index: 0, message: { content: "1" }, finish_reason: "stop" }];
  const lines = (await readRequests(file)).map(({ custom_id }) => ({
    custom_id,
    response: { status_code: 200, body: { choices } },
  }));
  await writeFile(join(answers, "x.jsonl"), lines.map((line) => JSON.stringify(line)).join("\n"));
  const hotter = configure({ dataset, model: "m", backend: "imported", sampling: { temperature: 0.5 } });
  const report = await importRollouts(hotter, join(folder, "b"), answers);
  expect(report.files).toMatchObject([{ imported: { image: 0, text: 0 }, left: { "other-settings": 4 } }]);
});

test("for OpenAI the requests hold no field that its API refuses", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 1);
  const [vllm, openai] = [join(folder, "vllm.jsonl"), join(folder, "openai.jsonl")];
  const config = configure({ dataset, model: "m", backend: "imported" });
  await exportRequests(config, join(folder, "run"), vllm);
  await exportRequests(config, join(folder, "run"), openai, { server: "openai" });
  const fields = async (file: string): Promise<string[]> => Object.keys((await readRequests(file))[0]?.body ?? {});
  const dropped = (await fields(vllm)).filter(
    (field) => !["top_k", "min_p", "repetition_penalty", "return_token_ids"].includes(field),
  );
  expect(await fields(openai)).toEqual(dropped);
  const [image, text] = await readRequests(openai);
  expect(JSON.stringify(image?.body.messages)).toContain("data:image/png;base64,");
  expect(JSON.stringify(text?.body.messages)).not.toContain("image");
});
