import { join } from "node:path";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { WinnowError } from "../errors.ts";
import { type DecoderLayout, readDecoderLayout } from "./decoder-layout.ts";
import type { KvCache } from "./kv-cache.ts";
import type { ModelDirectory } from "./model-directory.ts";
import { loadOnnxRuntime } from "./optional-packages.ts";
import type { ImageTensors } from "./prompt-batch.ts";

/** What one run of the decoder gives. */
export interface DecoderOutput {
  /** Of the last position of row `row`: (vocabulary). A view, valid until the output is dropped. */
  lastLogits(row: number): Float32Array;
  readonly cache: KvCache;
  /** (rows, heads, tokens, keys) softmax probabilities of the last layer, when asked for. */
  readonly attention?: Float32Array;
}

/** Images that go through the vision encoder in one run; more gains nothing and costs memory. */
const ENCODER_BATCH = 32;

interface Sessions {
  readonly vision: InferenceSession;
  readonly embed: InferenceSession;
  readonly decoder: InferenceSession;
  readonly step?: InferenceSession;
}

/** The three graphs of a model, loaded. Nothing here knows of sampling or scheduling. */
export class ModelSessions implements AsyncDisposable {
  readonly layout: DecoderLayout;
  readonly #sessions: Sessions;
  readonly #Tensor: typeof Tensor;
  #ones = new BigInt64Array(0);

  private constructor(sessions: Sessions, layout: DecoderLayout, TensorClass: typeof Tensor) {
    this.#sessions = sessions;
    this.layout = layout;
    this.#Tensor = TensorClass;
  }

  /** Loads the graphs; each run of one uses `threads` threads. */
  static async open(directory: ModelDirectory, threads: number): Promise<ModelSessions> {
    const ort = await loadOnnxRuntime();
    const options = { intraOpNumThreads: threads, interOpNumThreads: 1, logSeverityLevel: 3 } as const;
    const open = async (name: string): Promise<InferenceSession> => {
      const file = join(directory.path, name);
      try {
        return await ort.InferenceSession.create(file, options);
      } catch (cause) {
        throw new WinnowError("input", `${file}: not an ONNX model that can be run: ${(cause as Error).message}`, {
          cause,
        });
      }
    };
    const { vision_encoder, embed_tokens, decoder_model_merged } = directory.graphs;
    const [vision, embed, decoder, step] = await Promise.all([
      open(vision_encoder),
      open(embed_tokens),
      open(decoder_model_merged),
      directory.stepGraph === undefined ? undefined : open(directory.stepGraph),
    ]);
    const layout = readDecoderLayout(decoder, join(directory.path, decoder_model_merged));
    return new ModelSessions({ vision, embed, decoder, ...(step && { step }) }, layout, ort.Tensor);
  }

  /** Has `decoder_step`, which shares the cache of a prompt among its responses. */
  get hasStepGraph(): boolean {
    return this.#sessions.step !== undefined;
  }

  /** Image features of each image: (features, hidden), flattened. */
  async encodeImages(images: readonly ImageTensors[]): Promise<Float32Array[]> {
    const features: Float32Array[] = [];
    for (let at = 0; at < images.length; ) {
      const size = countAlike(images, at);
      features.push(...(await this.#encodeAlike(images.slice(at, at + size))));
      at += size;
    }
    return features;
  }

  /** Token ids (rows, tokens), flattened -> embeddings (rows, tokens, hidden). */
  async embed(ids: BigInt64Array, rows: number): Promise<Tensor> {
    const input = new this.#Tensor("int64", ids, [rows, ids.length / rows]);
    const output = await this.#sessions.embed.run({ input_ids: input });
    return output.inputs_embeds as Tensor;
  }

  /** Runs the decoder on (rows, tokens, hidden) after what is in the cache; every row is equally long. */
  async decode(embeddings: Tensor, cache?: KvCache, want?: { readonly attention: boolean }): Promise<DecoderOutput> {
    const [rows, tokens] = embeddings.dims as [number, number, number];
    const past = cache?.length ?? 0;
    const length = past + tokens;
    const { layout } = this;
    const feeds: Record<string, Tensor> = {
      inputs_embeds: embeddings,
      attention_mask: new this.#Tensor("int64", this.#onesOf(rows * length), [rows, length]),
      ...(cache?.tensors ?? this.#emptyCache(rows)),
    };
    if (layout.takesPositions) feeds.position_ids = this.#positions(rows, past, length);
    if (layout.takesLogitCount) feeds.num_logits_to_keep = new this.#Tensor("int64", [1n], []);
    if (layout.takesCacheBranch) feeds.use_cache_branch = new this.#Tensor("bool", [past > 0], [1]);

    const attention = want?.attention ? layout.attention : undefined;
    const presents = layout.cache.map((entry) => entry.present);
    const fetches = ["logits", ...presents, ...(attention === undefined ? [] : [attention])];
    const output = await this.#sessions.decoder.run(feeds, fetches);

    const logits = output.logits as Tensor;
    const [, positions, vocabulary] = logits.dims as [number, number, number];
    const values = logits.data as Float32Array;
    const tensors = Object.fromEntries(layout.cache.map(({ past, present }) => [past, output[present] as Tensor]));
    return {
      lastLogits: (row) =>
        values.subarray(((row + 1) * positions - 1) * vocabulary, (row + 1) * positions * vocabulary),
      cache: { rows, length, tensors },
      ...(attention === undefined ? {} : { attention: (output[attention] as Tensor).data as Float32Array }),
    };
  }

  /**
   * One step of `decoder_step`: ids (prompts, width), flattened; the prompts' cache; the cache of
   * the `length` response tokens so far (prompts, heads, width, length, head size). Gives logits
   * (prompts, width, vocabulary) and the response cache, one token longer.
   */
  async decodeShared(
    ids: BigInt64Array,
    shared: KvCache,
    past: readonly Tensor[],
    length: number,
  ): Promise<{ logits: Float32Array; past: readonly Tensor[] }> {
    const { cache, heads, headSize } = this.layout;
    const prompts = shared.rows;
    const width = ids.length / prompts;
    const position = BigInt(shared.length + length);
    const feeds: Record<string, Tensor> = {
      input_ids: new this.#Tensor("int64", ids, [prompts, width]),
      position_ids: new this.#Tensor("int64", new BigInt64Array(prompts).fill(position), [prompts, 1]),
      prompt_mask: new this.#Tensor("int64", this.#onesOf(prompts * shared.length), [prompts, shared.length]),
    };
    const names = cache.map((entry) => entry.past.replace("past_key_values.", ""));
    const none = new this.#Tensor("float32", new Float32Array(0), [prompts, heads, width, 0, headSize]);
    for (const [at, name] of names.entries()) {
      feeds[`prompt.${name}`] = shared.tensors[(cache[at] as { past: string }).past] as Tensor;
      feeds[`past.${name}`] = past[at] ?? none;
    }
    const output = await (this.#sessions.step as InferenceSession).run(feeds);
    return {
      logits: (output.logits as Tensor).data as Float32Array,
      past: names.map((name) => output[`present.${name}`] as Tensor),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of Object.values<InferenceSession>({ ...this.#sessions })) await session.release();
  }

  async #encodeAlike(images: readonly ImageTensors[]): Promise<Float32Array[]> {
    const names = this.#sessions.vision.inputNames;
    const feeds: Record<string, Tensor> = {};
    for (const name of names) {
      const parts = images.map((image) => image[name]);
      const first = parts[0];
      if (first === undefined) {
        throw new WinnowError(
          "model",
          `The vision encoder takes \`${name}\`, which the processor of this model does not make; it is not supported.`,
        );
      }
      const data = concatenate(parts.map((part) => (part as typeof first).data));
      const dims = [first.dims[0] as number, ...first.dims.slice(1)];
      feeds[name] = new this.#Tensor(first.type as "float32", data as Float32Array, [
        (dims[0] as number) * images.length,
        ...dims.slice(1),
      ]);
    }
    const output = await this.#sessions.vision.run(feeds);
    const values = (output.image_features ?? Object.values(output)[0])?.data as Float32Array;
    const each = values.length / images.length;
    return images.map((_, index) => values.subarray(index * each, (index + 1) * each));
  }

  #emptyCache(rows: number): Record<string, Tensor> {
    const { cache, cacheType, heads, headSize } = this.layout;
    const data = cacheType === "float32" ? new Float32Array(0) : new Uint16Array(0);
    const dims = [rows, heads, 0, headSize];
    return Object.fromEntries(
      cache.map(({ past }) => [past, new this.#Tensor(cacheType as "float32", data as Float32Array, dims)]),
    );
  }

  #positions(rows: number, from: number, to: number): Tensor {
    const tokens = to - from;
    const data = new BigInt64Array(rows * tokens);
    for (let token = 0; token < tokens; token++) data[token] = BigInt(from + token);
    for (let row = 1; row < rows; row++) data.copyWithin(row * tokens, 0, tokens);
    return new this.#Tensor("int64", data, [rows, tokens]);
  }

  #onesOf(size: number): BigInt64Array {
    if (this.#ones.length < size) this.#ones = new BigInt64Array(2 * size).fill(1n);
    return this.#ones.subarray(0, size);
  }
}

/** How many images from `at` on can share one run: equal shapes, one image per first dimension. */
function countAlike(images: readonly ImageTensors[], at: number): number {
  const shapeOf = (image: ImageTensors): string =>
    JSON.stringify(Object.entries(image).map(([name, part]) => [name, part.dims]));
  const first = images[at] as ImageTensors;
  // With tiles (1, tiles, 3, H, W) a graph may drop empty ones, so features could not be told apart.
  if (first.pixel_values?.dims.length !== 4) return 1;
  const shape = shapeOf(first);
  let size = 1;
  while (size < ENCODER_BATCH && at + size < images.length && shapeOf(images[at + size] as ImageTensors) === shape)
    size++;
  return size;
}

function concatenate(
  parts: readonly (Float32Array | Uint8Array | BigInt64Array)[],
): Float32Array | Uint8Array | BigInt64Array {
  const first = parts[0] as Float32Array;
  if (parts.length === 1) return first;
  const whole = new (first.constructor as Float32ArrayConstructor)(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part as Float32Array, at);
    at += part.length;
  }
  return whole;
}
