import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";
import { serveModel } from "../../src/serve/serve-model.ts";
import { readFigures } from "../backends/onnx/figures.ts";
import { PYTHON, withPython } from "./python-server.ts";

withPython("Python's OpenAI client gets choices, streams, log probabilities and errors as from OpenAI", async () => {
  await using served = await serveModel({ model: "models/nano", port: 0 });
  const image = (await readFigures(1))[0]?.image as Uint8Array;
  const uri = `data:image/png;base64,${Buffer.from(image).toString("base64")}`;
  const { stdout } = await promisify(execFile)(PYTHON, ["test/slow/openai-client.py", served.url, uri]);
  const found = JSON.parse(stdout);
  expect(found).toMatchObject({ models: ["nano"], model: "nano", image_tokens: 16, refused: [400, 404] });
  expect(found.whole).toHaveLength(3);
  expect(found.streamed).toEqual(found.whole);
  expect(new Set(found.best)).toEqual(new Set([2]));
  expect(found.usage[0]).toBe(found.usage[1]);
});
