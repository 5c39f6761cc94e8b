import type { AttentionRequest, AttentionSource } from "./attention-source.ts";
import { MeasuredResponse } from "./measured-response.ts";

/** The attention of one response, written down: what a model's last layer would give. */
export interface ScriptedAttention {
  /** Tokens before the response. */
  readonly responseStart: number;
  /** Positions of the image tokens among them. */
  readonly imageKeys?: readonly number[];
  /** [head][response row][key], row i with responseStart + i + 1 keys that add up to 1. */
  readonly heads: readonly (readonly (readonly number[])[])[];
  /** Texts of the response's tokens. */
  readonly tokens?: readonly string[];
}

/** An attention source without a model: matrices come from a function. For tests and planted examples. */
export function openScriptedAttention(read: (request: AttentionRequest) => ScriptedAttention): AttentionSource {
  return {
    name: "scripted",
    async *measure(requests, scoring, signal) {
      if (signal?.aborted) return;
      for await (const request of requests) {
        const { heads, responseStart, imageKeys = [], tokens } = read(request);
        const response = new MeasuredResponse(request.rollout, responseStart, imageKeys, scoring.newScorer());
        for (const row of (heads[0] ?? []).keys()) {
          response.addRow(Float32Array.from(heads.flatMap((head) => head[row] ?? [])), heads.length);
        }
        yield response.finish((column) => tokens?.[column]);
        if (signal?.aborted) return;
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}
