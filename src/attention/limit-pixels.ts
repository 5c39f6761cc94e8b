import { fitPrompt } from "../models/fit-prompt.ts";
import type { Prompt } from "../records.ts";
import type { AttentionRequest, AttentionSource } from "./attention-source.ts";

/** A source that is shown images of at most `maxPixels` pixels, the same that the servers were sent. */
export function limitPixels(source: AttentionSource, maxPixels: number): AttentionSource {
  return {
    name: source.name,
    measure: (requests, scoring, signal) => source.measure(fitRequests(requests, maxPixels), scoring, signal),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

/** One prompt's responses follow one another and share it, before and after. */
async function* fitRequests(
  requests: AsyncIterable<AttentionRequest>,
  maxPixels: number,
): AsyncGenerator<AttentionRequest> {
  let last: { readonly prompt: Prompt; readonly fitted: Prompt } | undefined;
  for await (const { prompt, rollout } of requests) {
    if (last?.prompt !== prompt) last = { prompt, fitted: await fitPrompt(prompt, maxPixels) };
    yield { prompt: last.fitted, rollout };
  }
}
