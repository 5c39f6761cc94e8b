import { runInBuckets } from "../../lib/run-in-buckets.ts";
import { type EmbeddedModelOptions, type HoldsEmbeddedModel, openEmbeddedModel } from "../../models/embedded-model.ts";
import type { Backend } from "../backend.ts";
import { type NameStream, newRolloutPlan } from "./rollout-plan.ts";

export interface OnnxBackendOptions extends EmbeddedModelOptions {
  /** A transformers.js image-text-to-text model directory. */
  readonly model: string;
  /** Responses decoded together per worker thread; fewer when their cache would take more than half a gigabyte. */
  readonly batchRows?: number;
  /** Names the random stream of a rollout; seed, sample, arm and index when absent. */
  readonly nameStream?: NameStream;
}

/** The embedded backend; its model can be lent to the attention source. */
export type OnnxBackend = Backend & HoldsEmbeddedModel;

/** Measured on the nano model: fewer pay for each step's fixed cost, more fall out of the processor's cache. */
const BATCH_ROWS = 96;

/**
 * Opens the embedded backend on a model directory: onnxruntime on all cores, no server, no
 * network. Throws `WinnowError`: `missing` (optional package), `input` (a file of the
 * directory), `model` (a family or graph that cannot be served).
 */
export async function openOnnxBackend(options: OnnxBackendOptions): Promise<OnnxBackend> {
  const model = await openEmbeddedModel(options.model, options);
  const { directory } = model;
  return {
    name: "onnx",
    model: { name: directory.name, fingerprint: directory.fingerprint },
    contextLength: directory.contextLength,
    embeddedModel: model,
    generate: (requests, sampling, signal) =>
      runInBuckets(
        requests,
        newRolloutPlan(model, sampling, options.batchRows ?? BATCH_ROWS, options.nameStream),
        signal,
      ),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}
