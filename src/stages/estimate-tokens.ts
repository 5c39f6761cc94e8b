/** How large a prompt is, told without a model: by its text and its images' headers. */
export interface PromptSize {
  /** Bytes of the text in UTF-8. */
  readonly bytes: number;
  readonly images: number;
  /** Of all its images together, as the model is shown them. */
  readonly pixels: number;
}

/** A prompt that a model has counted. */
export interface CountedPrompt extends PromptSize {
  readonly textTokens: number;
  readonly imageTokens: number;
}

/** Tokens of a dataset's with-image prompts, responses aside; ranks by share of the prompts. */
export interface TokenEstimate {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
  /** Prompts that leave no room for the longest response. */
  readonly over: number;
}

/** Images this much larger or smaller than another show whether their tokens go by their size. */
const UNLIKE = 1.5;

/**
 * Estimates the prompts of a dataset from a few that were counted: text by the most tokens a byte among
 * them; images by the most tokens an image where images of unlike sizes took the same number, else by the most
 * tokens a pixel. `room`: tokens that a prompt may have.
 */
export function estimateTokens(
  sizes: readonly PromptSize[],
  counted: readonly CountedPrompt[],
  room: number,
): TokenEstimate {
  const perByte = most(counted.map(({ textTokens, bytes }) => textTokens / Math.max(1, bytes)));
  const shown = counted.filter(({ images }) => images > 0);
  const perImage = shown.map(({ imageTokens, images }) => imageTokens / images);
  const perPixel = most(shown.map(({ imageTokens, pixels }) => imageTokens / Math.max(1, pixels)));
  const pixels = shown.map((one) => one.pixels / one.images);
  const unlike = most(pixels) > UNLIKE * Math.min(...pixels);
  const fixed = unlike && perImage.every((tokens) => tokens === perImage[0]);
  const tokens = sizes
    .map((size) => Math.ceil(perByte * size.bytes + (fixed ? most(perImage) * size.images : perPixel * size.pixels)))
    .sort((a, b) => a - b);
  const at = (share: number): number => tokens[Math.min(tokens.length - 1, Math.floor(share * tokens.length))] ?? 0;
  return {
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    max: tokens.at(-1) ?? 0,
    over: tokens.filter((count) => count > room).length,
  };
}

function most(values: readonly number[]): number {
  return values.reduce((largest, value) => Math.max(largest, value), 0);
}
