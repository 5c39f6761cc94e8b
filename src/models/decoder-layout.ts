import type { InferenceSession } from "onnxruntime-node";
import { WinnowError } from "../errors.ts";

/** What a decoder's inputs and outputs say about it. Plain data. */
export interface DecoderLayout {
  /** Cache inputs and the outputs that replace them after each step. */
  readonly cache: readonly { readonly past: string; readonly present: string }[];
  readonly cacheType: "float32" | "float16";
  readonly heads: number;
  readonly headSize: number;
  readonly takesPositions: boolean;
  /** Computes the logits of the last position only, when told to. */
  readonly takesLogitCount: boolean;
  /** Has one output for all steps, with and without a cache. */
  readonly takesCacheBranch: boolean;
  /** Name of the last layer's attention probabilities (rows, heads, tokens, keys), when the model gives them. */
  readonly attention?: string;
}

const KNOWN = new Set(["inputs_embeds", "attention_mask", "position_ids", "num_logits_to_keep", "use_cache_branch"]);

/** Reads a decoder's layout; `WinnowError("model")` names what the embedded backend cannot serve. */
export function readDecoderLayout(session: InferenceSession, file: string): DecoderLayout {
  const inputs = new Map(session.inputMetadata.map((input) => [input.name, input]));
  const pasts = session.inputNames.filter((name) => name.startsWith("past_key_values."));
  const foreign = session.inputNames.find((name) => !KNOWN.has(name) && !pasts.includes(name));
  if (foreign !== undefined) throw unsupported(file, `its decoder has the input \`${foreign}\`, which we cannot fill`);
  if (!inputs.has("inputs_embeds")) throw unsupported(file, "its decoder takes no `inputs_embeds`");
  const positions = inputs.get("position_ids");
  if (positions?.isTensor && positions.shape.length !== 2) {
    throw unsupported(file, "its positions are not one number per token (multi-dimensional rotary positions)");
  }
  const first = inputs.get(pasts[0] ?? "");
  if (!first?.isTensor) throw unsupported(file, "its decoder has no `past_key_values` inputs");
  const [, heads, , headSize] = first.shape;
  if (first.shape.length !== 4 || typeof heads !== "number" || typeof headSize !== "number") {
    throw unsupported(
      file,
      `its cache has the shape (${first.shape.join(", ")}) instead of (rows, heads, length, size)`,
    );
  }
  if (first.type !== "float32" && first.type !== "float16") throw unsupported(file, `its cache is ${first.type}`);
  const logits = session.outputMetadata.find((output) => output.name === "logits");
  if (!logits?.isTensor || logits.type !== "float32") throw unsupported(file, "its decoder has no float32 `logits`");
  const attention = lastAttention(session);
  return {
    cache: pasts.map((past) => ({ past, present: past.replace("past_key_values.", "present.") })),
    cacheType: first.type,
    heads,
    headSize,
    takesPositions: positions !== undefined,
    takesLogitCount: inputs.has("num_logits_to_keep"),
    takesCacheBranch: inputs.has("use_cache_branch"),
    ...(attention === undefined ? {} : { attention }),
  };
}

/** The output `attentions`, or the one of the last layer among `attentions.0`, `attentions.1`, … */
function lastAttention(session: InferenceSession): string | undefined {
  const layerOf = (name: string): number => Number(name.split(".")[1] ?? 0);
  return session.outputNames
    .filter((name) => /^attentions(\.\d+)?$/.test(name))
    .sort((a, b) => layerOf(a) - layerOf(b))
    .at(-1);
}

function unsupported(file: string, reason: string): WinnowError {
  return new WinnowError(
    "model",
    `${file}: ${reason}; the embedded backend runs decoders exported as transformers.js expects them. ` +
      "Serve this model with vLLM or SGLang instead.",
  );
}
