import type { BucketPlan } from "../../lib/run-in-buckets.ts";
import type { EmbeddedModel } from "../../models/embedded-model.ts";
import type { GeneratedRow } from "../../models/generate-group.ts";
import { batchPrompts, type ProcessedPrompt } from "../../models/prompt-batch.ts";
import { UnusablePrompt } from "../../models/prompt-processor.ts";
import type { TakenRollout } from "../../records.ts";
import type { RolloutRequest, RolloutResult, Sampling } from "../backend.ts";
import { newTracer, type TracedRequest } from "./traced-request.ts";

/** A request whose prompt has been processed. */
interface Item {
  readonly request: TracedRequest;
  readonly prompt: ProcessedPrompt;
  /** Response tokens at most: the sampling's limit, or what is left of the context. */
  readonly maxTokens: number;
}

/** The name of a rollout's random stream: equal names, equal streams. */
export type NameStream = (seed: number, request: RolloutRequest, index: number) => string;

/** Cache memory of one group of rows, in bytes. */
const CACHE_BYTES = 512 * 1024 * 1024;

/** Prompts (and bytes of pixels) that wait for others of their length. */
const WINDOW = { items: 768, bytes: 128 * 1024 * 1024 };

/**
 * How requests become rollouts: processed, put together with prompts of the same length (so
 * nothing is padded), decoded in groups of about `batchRows` rows.
 */
export function newRolloutPlan(
  model: EmbeddedModel,
  sampling: Sampling,
  batchRows: number,
  nameStream: NameStream = nameByContent,
): BucketPlan<TracedRequest, Item, RolloutResult> {
  const { directory, engine, processor } = model;
  const { contextLength, endTokenIds, imageTokenId } = directory;

  async function prepare(request: TracedRequest): Promise<{ item: Item } | { output: RolloutResult }> {
    const { sampleId, parts } = request.prompt;
    try {
      const prompt = await processor.process(parts, request.before);
      const room = contextLength - prompt.ids.length;
      if (room >= 1) return { item: { request, prompt, maxTokens: Math.min(sampling.maxTokens, room) } };
      const reason = `The prompt has ${prompt.ids.length} tokens; with a response of at least one it does not fit into the ${contextLength} of ${directory.name}.`;
      return { output: { type: "refused", sampleId, reason } };
    } catch (error) {
      if (error instanceof UnusablePrompt) return { output: { type: "refused", sampleId, reason: error.message } };
      throw error;
    }
  }

  function toRollout(item: Item, index: number, row: GeneratedRow): TakenRollout {
    const { prompt, request } = item;
    const spoken = row.finish === "stop" ? row.tokenIds.slice(0, -1) : row.tokenIds;
    return {
      sampleId: request.prompt.sampleId,
      arm: request.prompt.arm,
      index,
      text: processor.decode(spoken),
      tokenIds: row.tokenIds,
      promptTokens: prompt.ids.length,
      imageTokens: prompt.imageTokens,
      responseTokens: row.tokenIds.length,
      finish: row.finish,
    };
  }

  return {
    prepare,
    keyOf: ({ prompt, maxTokens, request }) => `${prompt.ids.length} ${maxTokens} ${request.trace?.best}`,
    sizeOf: (item) => item.request.indices.length,
    capacityOf: (item) => {
      const rowBytes = (item.prompt.ids.length + item.maxTokens) * engine.bytesPerToken;
      return Math.max(1, Math.min(batchRows, Math.floor(CACHE_BYTES / rowBytes)));
    },
    bytesOf: ({ prompt }) => prompt.images.reduce((sum, image) => sum + byteLength(image.tensors), 0),
    lanes: engine.lanes + 1,
    window: WINDOW,
    run: async (items, emit, signal) => {
      const rows = items.flatMap((item, prompt) => item.request.indices.map((index) => ({ item, prompt, index })));
      const group = {
        batch: batchPrompts(
          items.map((item) => item.prompt),
          imageTokenId,
        ),
        rows: rows.map(({ item, prompt, index }) => ({
          prompt,
          stream: nameStream(sampling.seed, item.request, index),
        })),
        sampling: { temperature: sampling.temperature, topP: sampling.topP, topK: sampling.topK },
        maxTokens: items[0]?.maxTokens ?? 1,
        endTokenIds,
        ...(items[0]?.request.trace && { trace: items[0].request.trace.best }),
      };
      const onTokens = newTracer(processor, (row) => {
        const { item, index } = rows[row] as (typeof rows)[number];
        return { request: item.request, index };
      });
      const onFinished = (finished: readonly GeneratedRow[]): void => {
        for (const row of finished) {
          const { item, index } = rows[row.row] as (typeof rows)[number];
          emit({ type: "rollout", rollout: toRollout(item, index, row) });
        }
      };
      await engine.generate(group, onFinished, signal, onTokens);
    },
  };
}

function nameByContent(seed: number, { prompt }: RolloutRequest, index: number): string {
  return `${seed}/${prompt.sampleId}/${prompt.arm}/${index}`;
}

function byteLength(tensors: ProcessedPrompt["images"][number]["tensors"]): number {
  return Object.values(tensors).reduce((sum, tensor) => sum + tensor.data.byteLength, 0);
}
