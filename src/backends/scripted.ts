import { createHash } from "node:crypto";
import { stableJson } from "../lib/stable-json.ts";
import type { Prompt, TakenRollout } from "../records.ts";
import type { Backend, RolloutRequest, RolloutResult, Sampling } from "./backend.ts";

/** A response, or a refusal, that a script gives. A plain text is a finished response. */
export type ScriptedResponse =
  | string
  | { readonly text: string; readonly finish?: "stop" | "length"; readonly tokenIds?: readonly number[] }
  | { readonly refused: string };

export interface ScriptedBackendOptions {
  /** What the model says: by prompt, rollout index and sampling settings, nothing else. */
  readonly respond: (prompt: Prompt, index: number, sampling: Sampling) => ScriptedResponse | Promise<ScriptedResponse>;
  readonly name?: string;
  /** Identity of the script; another one is another model. */
  readonly fingerprint?: string;
  /** Words that a prompt and its response may have together; 4,096 when absent. */
  readonly contextLength?: number;
  /** Tokens an image counts as; 0 plays a model that is blind. 16 when absent. */
  readonly imageTokens?: number;
}

/**
 * A backend without a model: its responses come from a function. Tokens are words. For tests,
 * and to try a pipeline before a model is there.
 */
export function openScriptedBackend(options: ScriptedBackendOptions): Backend {
  const { respond, name = "scripted", contextLength = 4096, imageTokens = 16 } = options;
  const fingerprint = createHash("sha256").update(
    options.fingerprint ?? stableJson({ name, contextLength, imageTokens }),
  );

  async function* answer(
    request: RolloutRequest,
    sampling: Sampling,
    signal?: AbortSignal,
  ): AsyncIterable<RolloutResult> {
    const { prompt, indices } = request;
    const seen = countTokens(prompt, imageTokens);
    const room = contextLength - seen.promptTokens;
    if (room < 1) {
      const reason = `The prompt has ${seen.promptTokens} tokens; ${contextLength} with the response are allowed.`;
      yield { type: "refused", sampleId: prompt.sampleId, reason };
      return;
    }
    for (const index of indices) {
      if (signal?.aborted) return;
      const response = await respond(prompt, index, sampling);
      if (typeof response === "object" && "refused" in response) {
        yield { type: "refused", sampleId: prompt.sampleId, reason: response.refused };
        return;
      }
      const said = cut(
        typeof response === "string" ? { text: response } : response,
        Math.min(room, sampling.maxTokens),
      );
      yield { type: "rollout", rollout: { sampleId: prompt.sampleId, arm: prompt.arm, index, ...seen, ...said } };
    }
  }

  return {
    name: "scripted",
    model: { name, fingerprint: fingerprint.digest("hex").slice(0, 32) },
    contextLength,
    async *generate(requests, sampling, signal) {
      if (signal?.aborted) return;
      for await (const request of requests) {
        yield* answer(request, sampling, signal);
        if (signal?.aborted) return;
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

function countTokens(prompt: Prompt, perImage: number): { promptTokens: number; imageTokens: number } {
  let words = 0;
  let imageTokens = 0;
  for (const part of prompt.parts) {
    if (part.type === "image") imageTokens += perImage;
    else words += splitWords(part.text).length;
  }
  return { promptTokens: words + imageTokens, imageTokens };
}

/** A response cut off at the token limit, as a model's would be. */
function cut(
  said: { readonly text: string; readonly finish?: "stop" | "length"; readonly tokenIds?: readonly number[] },
  limit: number,
): Pick<TakenRollout, "text" | "finish" | "responseTokens" | "tokenIds"> {
  const words = splitWords(said.text);
  const { tokenIds, finish = "stop" } = said;
  if (words.length > limit) return { text: words.slice(0, limit).join(" "), finish: "length", responseTokens: limit };
  return { text: said.text, finish, responseTokens: tokenIds?.length ?? words.length, ...(tokenIds && { tokenIds }) };
}

function splitWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
