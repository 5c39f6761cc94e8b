import { hashText } from "../lib/hash-text.ts";
import { stableJson } from "../lib/stable-json.ts";
import type { Backend, RolloutRequest, RolloutResult } from "./backend.ts";
import { fingerprintModel } from "./openai/model-fingerprint.ts";

/**
 * Stands for the model whose rollouts were imported, and takes none itself. With the model's
 * name and the prompt `declared` it has the identity of that model on OpenAI-compatible servers,
 * so that those can take what is missing; else one of its own, and nothing mixes with it.
 */
export function openImportedBackend(options: {
  readonly model?: string;
  readonly declared: boolean;
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined;
}): Backend {
  const { model, declared, extraBody = {} } = options;
  const own = hashText(stableJson({ backend: "imported", model: model ?? null }));
  return {
    name: "imported",
    model: {
      name: model ?? "imported",
      fingerprint: model !== undefined && declared ? fingerprintModel(model, extraBody) : own,
    },
    contextLength: Number.POSITIVE_INFINITY,
    closed: true,
    generate: refuseAll,
    async [Symbol.asyncDispose]() {},
  };
}

async function* refuseAll(requests: AsyncIterable<RolloutRequest>): AsyncGenerator<RolloutResult> {
  const reason = "This run's rollouts are imported; name servers with --base-url to take more.";
  for await (const { prompt } of requests) yield { type: "refused", sampleId: prompt.sampleId, reason };
}
