import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openOnnxBackend } from "../../src/backends/index.ts";
import { planThreads } from "../../src/models/embedded-model.ts";
import { readModelDirectory } from "../../src/models/model-directory.ts";
import { byName, collect, SAMPLING, stream } from "../backends/contract.ts";
import { promptOf, readFigures } from "../backends/onnx/figures.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A copy of the nano model that a test may damage. */
async function copyModel(): Promise<string> {
  const folder = join(await temporaryFolder(), "copy");
  await cp("models/nano", folder, { recursive: true });
  return folder;
}

test("the nano model's directory says what the model is", async () => {
  const directory = await readModelDirectory("models/nano");
  expect(directory).toMatchObject({
    name: "nano",
    family: "llava",
    contextLength: 4096,
    imageTokenId: 3,
    endTokenIds: [2],
  });
});

test("the fingerprint follows the files that decide the answers, not the folder or its documents", async () => {
  const { fingerprint } = await readModelDirectory("models/nano");
  const copy = await copyModel();
  await writeFile(join(copy, "README.md"), "a card");
  expect((await readModelDirectory(copy)).fingerprint).toBe(fingerprint);
  const config = await readFile(join(copy, "generation_config.json"), "utf8");
  await writeFile(join(copy, "generation_config.json"), config.replace("}", " }"));
  expect((await readModelDirectory(copy)).fingerprint).not.toBe(fingerprint);
});

test.each(["config.json", "tokenizer.json", "preprocessor_config.json", "onnx/vision_encoder.onnx"])(
  "a directory without %s names it",
  async (name) => {
    const copy = await copyModel();
    await rm(join(copy, name));
    await expect(openOnnxBackend({ model: copy })).rejects.toMatchObject({
      code: "input",
      message: expect.stringContaining(`${join(copy, name)} is missing`),
    });
  },
);

test("a folder that is not there, a broken configuration and a broken graph are each told", async () => {
  await expect(openOnnxBackend({ model: "no/such/model" })).rejects.toThrow("expected a model directory");
  const copy = await copyModel();
  await writeFile(join(copy, "onnx/embed_tokens.onnx"), "not a graph");
  await expect(openOnnxBackend({ model: copy })).rejects.toThrow("embed_tokens.onnx: not an ONNX model");
  await writeFile(join(copy, "config.json"), "{");
  await expect(openOnnxBackend({ model: copy })).rejects.toThrow("config.json: not the configuration of a model");
});

test("a family whose images are merged in another way is refused by name", async () => {
  const copy = await copyModel();
  const config = await readFile(join(copy, "config.json"), "utf8");
  await writeFile(join(copy, "config.json"), config.replace('"llava"', '"qwen2_vl"'));
  await expect(openOnnxBackend({ model: copy })).rejects.toMatchObject({
    code: "model",
    message: expect.stringContaining("`qwen2_vl`"),
  });
});

test("a model without `decoder_step` gives the same greedy responses, and rollouts that do not depend on their batch", async () => {
  const copy = await copyModel();
  await rm(join(copy, "onnx/decoder_step.onnx"));
  const requests = (await readFigures(12)).map((figure) => ({ prompt: promptOf(figure, "image"), indices: [0, 1, 2] }));
  await using plain = await openOnnxBackend({ model: copy });
  await using nano = await openOnnxBackend({ model: "models/nano" });
  const greedy = { ...SAMPLING, temperature: 0 };
  expect(byName(await collect(plain.generate(stream(requests), greedy)))).toEqual(
    byName(await collect(nano.generate(stream(requests), greedy))),
  );
  const whole = byName(await collect(plain.generate(stream(requests), SAMPLING)));
  const single = requests.flatMap((request) => request.indices.map((index) => ({ ...request, indices: [index] })));
  for (const request of single.slice(0, 10)) {
    for (const [key, rollout] of byName(await collect(plain.generate(stream([request]), SAMPLING)))) {
      expect(rollout).toEqual(whole.get(key));
    }
  }
});

test("a small model gets a single-threaded worker per core, a large one all cores", () => {
  expect(planThreads(4e6, { threads: 8, workers: 8 })).toEqual({ workers: 8, threads: 1 });
  expect(planThreads(4e9, { threads: 8, workers: 1 })).toEqual({ workers: 1, threads: 8 });
  // From TypeScript source there is no file a worker thread could load.
  expect(planThreads(4e6, { threads: 8 })).toEqual({ workers: 0, threads: 1 });
});
