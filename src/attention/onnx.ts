import { WinnowError } from "../errors.ts";
import { type BucketPlan, runInBuckets } from "../lib/run-in-buckets.ts";
import { ATTENTION_BLOCK, type AttentionBlock } from "../models/attend-group.ts";
import { type EmbeddedModel, type HoldsEmbeddedModel, openEmbeddedModel } from "../models/embedded-model.ts";
import { batchPrompts, type ProcessedPrompt } from "../models/prompt-batch.ts";
import { UnusablePrompt } from "../models/prompt-processor.ts";
import type { Attention, Prompt } from "../records.ts";
import type { AttentionRequest, AttentionSource, ColumnScorer } from "./attention-source.ts";
import { MeasuredResponse } from "./measured-response.ts";

/** Responses measured together; fewer when their attention would take more than 64 MB a block. */
const BATCH_ROWS = 64;
const ATTENTION_BYTES = 64 * 1024 * 1024;

/** Response lengths are padded to a multiple of this, so that responses of nearly equal length share a batch. */
const PADDING = 8;

const WINDOW = { items: 512, bytes: 128 * 1024 * 1024 };

/** Whether this backend, or anything else, lends an embedded model that gives its attention. */
export function hasAttention(owner: object): boolean {
  return holdsModel(owner) && owner.embeddedModel.engine.hasAttention;
}

/**
 * The attention of the embedded model: given the ONNX backend, of the model it has loaded, which
 * stays the backend's to close; given a model directory, of that model. Throws
 * `WinnowError("model")` when there is no attention to be had; ACE cannot run then.
 */
export async function openOnnxAttention(source: object | string): Promise<AttentionSource> {
  if (typeof source === "string") {
    const model = await openEmbeddedModel(source);
    if (model.engine.hasAttention) return newSource(model, async () => model[Symbol.asyncDispose]());
    await model[Symbol.asyncDispose]();
    throw withoutAttention(model.directory.path);
  }
  if (!holdsModel(source)) {
    throw new WinnowError(
      "model",
      "Attention of the embedded model was asked for, but the rollouts come from another backend; ACE cannot run with it.",
    );
  }
  if (!source.embeddedModel.engine.hasAttention) throw withoutAttention(source.embeddedModel.directory.path);
  return newSource(source.embeddedModel, async () => {});
}

function newSource(model: EmbeddedModel, close: () => Promise<void>): AttentionSource {
  return {
    name: "onnx",
    measure: (requests, scoring, signal) =>
      runInBuckets(
        requests,
        newAttentionPlan(model, () => scoring.newScorer()),
        signal,
      ),
    [Symbol.asyncDispose]: close,
  };
}

/** A request with the tokens of both sides. */
interface Item {
  readonly request: AttentionRequest;
  readonly prompt: ProcessedPrompt;
  readonly tokenIds: readonly number[];
  /** The response with padding, a length that depends on nothing but its own. */
  readonly padded: Int32Array;
}

/** How requests are measured: those with equally long prompts and (padded) responses together. */
function newAttentionPlan(
  model: EmbeddedModel,
  newScorer: () => ColumnScorer,
): BucketPlan<AttentionRequest, Item, Attention> {
  const { directory, engine, processor } = model;
  const { contextLength, endTokenIds, imageTokenId } = directory;
  const processed = new WeakMap<Prompt, Promise<ProcessedPrompt>>();
  const padId = endTokenIds[0] as number;

  async function prepare(request: AttentionRequest): Promise<{ item: Item } | { output: Attention }> {
    const { prompt: asked, rollout } = request;
    const known = processed.get(asked);
    const processing = known ?? processor.process(asked.parts);
    if (known === undefined) processed.set(asked, processing);
    const prompt = await processing.catch((error: unknown) => {
      if (!(error instanceof UnusablePrompt)) throw error;
      throw new WinnowError(
        "input",
        `Sample ${asked.sampleId} has rollouts, but its prompt is unusable now: ${error.message}`,
      );
    });
    const ended = rollout.finish !== "length" ? [padId] : [];
    const tokenIds = rollout.tokenIds ?? [...processor.encode(rollout.text), ...ended];
    const room = contextLength - prompt.ids.length;
    if (tokenIds.length > room) {
      throw new WinnowError(
        "model",
        `Rollout ${rollout.index} of sample ${rollout.sampleId} has ${tokenIds.length} tokens after a prompt of ` +
          `${prompt.ids.length}; ${directory.name} takes ${contextLength} together. It was not made with this model.`,
      );
    }
    const length = Math.min(Math.ceil(tokenIds.length / PADDING) * PADDING, room);
    const padded = new Int32Array(length).fill(padId);
    padded.set(tokenIds);
    return { item: { request, prompt, tokenIds, padded } };
  }

  return {
    prepare,
    keyOf: ({ prompt, padded }) => `${prompt.ids.length} ${padded.length}`,
    sizeOf: () => 1,
    capacityOf: ({ prompt, padded }) => {
      const rows = Math.min(padded.length, ATTENTION_BLOCK);
      const bytes = 4 * directory.attentionHeads * rows * (prompt.ids.length + padded.length);
      return Math.max(1, Math.min(BATCH_ROWS, Math.floor(ATTENTION_BYTES / bytes)));
    },
    bytesOf: ({ prompt }) => prompt.images.length * (prompt.images[0]?.tensors.pixel_values?.data.byteLength ?? 0),
    lanes: engine.lanes + 1,
    window: WINDOW,
    run: async (items, emit, signal) => {
      const prompts = [...new Set(items.map((item) => item.prompt))];
      const responses = items.map((item) => {
        const imageKeys = [...item.prompt.ids.keys()].filter((key) => item.prompt.ids[key] === imageTokenId);
        return new MeasuredResponse(item.request.rollout, item.prompt.ids.length, imageKeys, newScorer());
      });
      const group = {
        batch: batchPrompts(prompts, imageTokenId),
        rows: items.map(({ prompt, padded }) => ({ prompt: prompts.indexOf(prompt), tokenIds: padded })),
      };
      const onBlock = (block: AttentionBlock): void => {
        for (const [row, item] of items.entries()) {
          feedRows(responses[row] as MeasuredResponse, block, row, item.prompt.ids.length, item.tokenIds.length);
        }
      };
      await engine.attend(group, onBlock, signal);
      if (signal.aborted) return;
      for (const [row, { tokenIds }] of items.entries()) {
        emit(
          (responses[row] as MeasuredResponse).finish((column) => processor.decodeToken(tokenIds[column] as number)),
        );
      }
    },
  };
}

/** Hands one response its rows of a block. values: (rows, heads, tokens, keys) -> heads × (keys up to the row's own). */
function feedRows(
  response: MeasuredResponse,
  block: AttentionBlock,
  row: number,
  promptLength: number,
  length: number,
): void {
  const { start, tokens, heads, keys, values } = block;
  const buffer = new Float32Array(heads * keys);
  for (let token = 0; token < tokens && start + token < length; token++) {
    const seen = promptLength + start + token + 1;
    for (let head = 0; head < heads; head++) {
      const at = ((row * heads + head) * tokens + token) * keys;
      buffer.set(values.subarray(at, at + seen), head * seen);
    }
    response.addRow(buffer.subarray(0, heads * seen), heads);
  }
}

function holdsModel(owner: object): owner is HoldsEmbeddedModel {
  return "embeddedModel" in owner;
}

function withoutAttention(path: string): WinnowError {
  return new WinnowError(
    "model",
    `${path}: its decoder has no \`attentions\` output (the last layer's probabilities), so ACE cannot run with it. ` +
      "Run with `--attention none`, or export the decoder with that output.",
  );
}
