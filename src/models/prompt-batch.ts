/** What the vision encoder is fed for one image (or for one prompt's images), by input name. */
export type ImageTensors = Readonly<
  Record<
    string,
    {
      readonly type: string;
      readonly dims: readonly number[];
      readonly data: Float32Array | Uint8Array | BigInt64Array;
    }
  >
>;

/** A prompt as the model sees it. */
export interface ProcessedPrompt {
  /** Image tokens repeated once per image feature. */
  readonly ids: Int32Array;
  /** How many of them are image tokens. */
  readonly imageTokens: number;
  /** In the order of their placeholders; equal images have equal keys. */
  readonly images: readonly { readonly key: string; readonly tensors: ImageTensors }[];
}

/** Equally long prompts that are prefilled together. Plain data: it crosses to worker threads. */
export interface PromptBatch {
  readonly imageTokenId: number;
  readonly prompts: readonly {
    readonly ids: Int32Array;
    /** Indices into `images`. */
    readonly images: readonly number[];
  }[];
  /** Distinct images. */
  readonly images: readonly ImageTensors[];
}

/** Puts equally long prompts together, each distinct image once. */
export function batchPrompts(prompts: readonly ProcessedPrompt[], imageTokenId: number): PromptBatch {
  const indices = new Map<string, number>();
  const images: ImageTensors[] = [];
  const indexOf = (key: string, tensors: ImageTensors): number => {
    const known = indices.get(key);
    if (known !== undefined) return known;
    indices.set(key, images.length);
    return images.push(tensors) - 1;
  };
  return {
    imageTokenId,
    prompts: prompts.map(({ ids, images: own }) => ({
      ids,
      images: own.map(({ key, tensors }) => indexOf(key, tensors)),
    })),
    images,
  };
}
