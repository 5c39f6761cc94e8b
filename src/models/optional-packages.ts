import { WinnowError } from "../errors.ts";

/** onnxruntime-node, loaded on first use; `WinnowError("missing")` says how to install it. */
export async function loadOnnxRuntime(): Promise<typeof import("onnxruntime-node")> {
  try {
    return await import("onnxruntime-node");
  } catch (cause) {
    throw missing("onnxruntime-node", cause);
  }
}

/**
 * @huggingface/transformers, loaded on first use and kept off the network;
 * `WinnowError("missing")` says how to install it.
 */
export async function loadTransformers(): Promise<typeof import("@huggingface/transformers")> {
  try {
    const transformers = await import("@huggingface/transformers");
    transformers.env.allowRemoteModels = false;
    return transformers;
  } catch (cause) {
    throw missing("@huggingface/transformers", cause);
  }
}

function missing(name: string, cause: unknown): WinnowError {
  const detail = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
  return new WinnowError(
    "missing",
    `The embedded model needs the optional package ${name}, which could not be loaded (${detail}). ` +
      "Install both with `npm install --ignore-scripts onnxruntime-node @huggingface/transformers`.",
    { cause },
  );
}
