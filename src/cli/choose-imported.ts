import { existsSync, statSync } from "node:fs";
import type { Config } from "../config.ts";

/**
 * The configuration of a run whose rollouts are taken elsewhere, unless it names servers, a
 * model directory or a backend: no model is opened, and ACE runs from files or workers only.
 */
export function chooseImported(config: Config): Config {
  const { backend, model, openai } = config;
  const isDirectory = model !== undefined && existsSync(model) && statSync(model).isDirectory();
  if (openai.baseUrls !== undefined || isDirectory || (backend !== undefined && backend !== "imported")) return config;
  return { ...config, backend: "imported", attention: config.attention === "onnx" ? "none" : config.attention };
}
