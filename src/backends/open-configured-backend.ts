import { type Config, chooseBackend } from "../config.ts";
import { WinnowError } from "../errors.ts";
import type { Backend } from "./backend.ts";
import { openImportedBackend } from "./imported.ts";
import { openOnnxBackend } from "./onnx/open-onnx-backend.ts";
import { readApiKey } from "./openai/api-key.ts";
import { openOpenaiBackend } from "./openai/open-openai-backend.ts";

/** Opens the backend a configuration names; `nano` is the model directory when it names none. */
export async function openConfiguredBackend(
  config: Pick<Config, "backend" | "openai" | "model" | "prompt">,
  nano: string,
): Promise<Backend> {
  const { model, openai } = config;
  if (chooseBackend(config) === "imported") {
    const declared = config.prompt.format !== undefined;
    return openImportedBackend({ ...(model !== undefined && { model }), declared, extraBody: openai.extraBody });
  }
  if (chooseBackend(config) === "onnx") {
    if (openai.baseUrls === undefined) return await openOnnxBackend({ model: model ?? nano });
    throw new WinnowError(
      "usage",
      "The backend is onnx, and servers are named: leave out one of --backend and --base-url.",
    );
  }
  const { baseUrls = [], keyFile, ...more } = openai;
  const apiKey = await readApiKey(keyFile);
  return await openOpenaiBackend({
    ...more,
    baseUrls,
    ...(model !== undefined && { model }),
    ...(apiKey !== undefined && { apiKey }),
  });
}
