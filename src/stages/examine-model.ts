import type { AttentionRequest, AttentionSource, ColumnScoring } from "../attention/attention-source.ts";
import type { Backend, RolloutRequest, Sampling } from "../backends/backend.ts";
import type { Dataset } from "../formats/format.ts";
import { buildImagePrompt, buildTextPrompt } from "../prompts/build-prompt.ts";
import type { Prompt, Sample, TakenRollout } from "../records.ts";
import type { CountedPrompt } from "./estimate-tokens.ts";
import { sizeOf } from "./examine-dataset.ts";

/** What a model did with a handful of samples. */
export interface ModelExamination {
  readonly asked: number;
  readonly refused: readonly string[];
  /** Fewest image tokens in a with-image prompt; 0 means the model is blind. */
  readonly imageTokens: number;
  /** Fewest tokens by which a with-image prompt is longer than the same one without. */
  readonly extraTokens: number;
  /** The with-image prompts that were answered, as the model counted them. */
  readonly counted: readonly CountedPrompt[];
  readonly truncated: number;
  readonly example?: { readonly question: string; readonly response: string };
  /** Responses whose attention was read; absent when there is no attention source. */
  readonly attended?: number;
  /** Those of them that were read over other tokens than the sampled ones. */
  readonly tokenMismatches?: number;
}

/** Asks the model the first few usable samples, once in each arm, and reads the attention of what it answered. */
export async function examineModel(
  dataset: Dataset,
  backend: Backend,
  attention: AttentionSource | null,
  options: {
    readonly formatPrompt: string;
    readonly sampling: Sampling;
    readonly samples: number;
    readonly scoring: ColumnScoring;
    /** Pixels of an image at most, as the model is shown it. */
    readonly maxPixels?: number | undefined;
    readonly signal?: AbortSignal;
  },
): Promise<ModelExamination> {
  const samples = await firstSamples(dataset, options.samples);
  const prompts = samples.map((sample) => buildImagePrompt(sample, options.formatPrompt));
  const texts = samples.map((sample) => buildTextPrompt(sample, options.formatPrompt));
  const withImage = await ask(backend, prompts, options);
  const without = await ask(backend, texts, options);
  const rollouts = [...withImage.rollouts.values()];
  const extra = rollouts.map(
    (rollout) => rollout.promptTokens - (without.rollouts.get(rollout.sampleId)?.promptTokens ?? 0),
  );
  const first = rollouts[0];
  return {
    asked: samples.length,
    refused: [...withImage.refused, ...without.refused],
    imageTokens: Math.min(...rollouts.map((rollout) => rollout.imageTokens)),
    extraTokens: Math.min(...extra),
    counted: rollouts.map(({ sampleId, promptTokens, imageTokens }) => {
      const size = sizeOf(samples.find((sample) => sample.id === sampleId) as Sample, options.maxPixels);
      const bytes = size.bytes + Buffer.byteLength(options.formatPrompt);
      return { ...size, bytes, imageTokens, textTokens: promptTokens - imageTokens };
    }),
    truncated: rollouts.filter((rollout) => rollout.finish === "length").length,
    ...(first && { example: { question: questionOf(samples, first.sampleId), response: first.text } }),
    ...(attention && (await countAttended(attention, prompts, withImage.rollouts, options.scoring))),
  };
}

async function firstSamples(dataset: Dataset, count: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for await (const item of dataset.read()) {
    if (item.type === "sample") samples.push(item.sample);
    if (samples.length >= count) break;
  }
  return samples;
}

async function ask(
  backend: Backend,
  prompts: readonly Prompt[],
  options: { readonly sampling: Sampling; readonly signal?: AbortSignal },
): Promise<{ rollouts: Map<string, TakenRollout>; refused: string[] }> {
  async function* requests(): AsyncIterable<RolloutRequest> {
    for (const prompt of prompts) yield { prompt, indices: [0] };
  }
  const rollouts = new Map<string, TakenRollout>();
  const refused: string[] = [];
  for await (const result of backend.generate(requests(), options.sampling, options.signal)) {
    if (result.type === "rollout") rollouts.set(result.rollout.sampleId, result.rollout);
    else refused.push(result.reason);
  }
  return { rollouts, refused };
}

async function countAttended(
  attention: AttentionSource,
  prompts: readonly Prompt[],
  rollouts: ReadonlyMap<string, TakenRollout>,
  scoring: ColumnScoring,
): Promise<{ attended: number; tokenMismatches: number }> {
  async function* requests(): AsyncIterable<AttentionRequest> {
    for (const prompt of prompts) {
      const rollout = rollouts.get(prompt.sampleId);
      if (rollout !== undefined) yield { prompt, rollout };
    }
  }
  let [attended, tokenMismatches] = [0, 0];
  for await (const result of attention.measure(requests(), scoring)) {
    if ("type" in result) continue;
    attended += 1;
    tokenMismatches += result.tokenMismatch === true ? 1 : 0;
  }
  return { attended, tokenMismatches };
}

function questionOf(samples: readonly Sample[], id: string): string {
  return samples.find((sample) => sample.id === id)?.question ?? "";
}
