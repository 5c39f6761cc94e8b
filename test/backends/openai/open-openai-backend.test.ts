import { afterAll, beforeAll } from "vitest";
import { openOpenaiBackend } from "../../../src/backends/index.ts";
import { type ServedModelHandle, serveModel } from "../../../src/serve/serve-model.ts";
import { testBackend } from "../contract.ts";
import { readFigures } from "../onnx/figures.ts";

let served: ServedModelHandle;
beforeAll(async () => {
  served = await serveModel({ model: "models/nano", port: 0 });
});
afterAll(() => served[Symbol.asyncDispose]());

testBackend(
  "the OpenAI backend",
  () => openOpenaiBackend({ baseUrls: [served.url] }),
  async () => (await readFigures(1))[0]?.image as Uint8Array,
);
