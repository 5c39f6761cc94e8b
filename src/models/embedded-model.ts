import { availableParallelism } from "node:os";
import type { Engine } from "./engine.ts";
import { openLocalEngine } from "./local-engine.ts";
import { type ModelDirectory, readModelDirectory } from "./model-directory.ts";
import { PromptProcessor } from "./prompt-processor.ts";
import { openWorkerEngine } from "./worker-engine.ts";

/** A model directory, loaded: its description, its processor, and an engine for its graphs. */
export interface EmbeddedModel extends AsyncDisposable {
  readonly directory: ModelDirectory;
  readonly processor: PromptProcessor;
  readonly engine: Engine;
}

/** Something that lends its embedded model, such as the ONNX backend to the attention source. */
export interface HoldsEmbeddedModel {
  readonly embeddedModel: EmbeddedModel;
}

export interface EmbeddedModelOptions {
  /** Cores to use; all when absent. */
  readonly threads?: number;
  /** Worker threads that run the model; 0 runs it in the calling thread. Chosen by the model's size when absent. */
  readonly workers?: number;
}

/** Up to here a model is run by one single-threaded worker per core, above by one worker on all cores. */
const SMALL_MODEL_BYTES = 256 * 1024 * 1024;

/** Loads a transformers.js model directory; throws what `readModelDirectory` throws. */
export async function openEmbeddedModel(path: string, options: EmbeddedModelOptions = {}): Promise<EmbeddedModel> {
  const directory = await readModelDirectory(path);
  const plan = planThreads(directory.weightBytes, options);
  const [processor, engine] = await Promise.all([
    PromptProcessor.open(directory),
    plan.workers === 0
      ? openLocalEngine(directory, plan.threads)
      : openWorkerEngine(directory, plan.workers, plan.threads),
  ]);
  return { directory, processor, engine, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() };
}

/** How many worker threads run a model of this size, and how many threads each of them uses. */
export function planThreads(weightBytes: number, options: EmbeddedModelOptions): { workers: number; threads: number } {
  const cores = options.threads ?? availableParallelism();
  const small = weightBytes <= SMALL_MODEL_BYTES;
  // A worker thread cannot load TypeScript on Node 20: from source (in tests) the model runs here.
  const workers = options.workers ?? (import.meta.url.endsWith(".ts") ? 0 : small ? cores : 1);
  return { workers, threads: small ? 1 : Math.max(1, Math.floor(cores / Math.max(1, workers))) };
}
