import { WinnowError } from "../errors.ts";
import type { DecoderOutput, ModelSessions } from "./model-sessions.ts";
import type { PromptBatch } from "./prompt-batch.ts";

/**
 * Runs equally long prompts through the model, images first: each distinct image once, each
 * prompt once. Row r of the output is prompt r. Throws `WinnowError("model")` when a prompt
 * holds another number of image tokens than its images have features.
 */
export async function prefill(sessions: ModelSessions, batch: PromptBatch): Promise<DecoderOutput> {
  const { prompts } = batch;
  const length = prompts[0]?.ids.length ?? 0;
  const ids = new BigInt64Array(prompts.length * length);
  for (const [row, prompt] of prompts.entries()) {
    for (let token = 0; token < length; token++) ids[row * length + token] = BigInt(prompt.ids[token] as number);
  }
  const [embeddings, features] = [await sessions.embed(ids, prompts.length), await sessions.encodeImages(batch.images)];
  const hidden = embeddings.dims[2] as number;
  const values = embeddings.data as Float32Array;
  for (const [row, prompt] of prompts.entries()) {
    const own = prompt.images.map((image) => features[image] as Float32Array);
    placeFeatures(
      values.subarray(row * length * hidden, (row + 1) * length * hidden),
      prompt.ids,
      own,
      batch.imageTokenId,
    );
  }
  return sessions.decode(embeddings);
}

/** Replaces the embedding of every image token with the next image feature. (tokens, hidden), in place. */
function placeFeatures(
  embeddings: Float32Array,
  ids: Int32Array,
  images: readonly Float32Array[],
  imageTokenId: number,
): void {
  const hidden = embeddings.length / ids.length;
  const places = [...ids.keys()].filter((token) => ids[token] === imageTokenId);
  const available = images.reduce((sum, image) => sum + image.length / hidden, 0);
  if (places.length !== available) {
    throw new WinnowError(
      "model",
      `The prompt holds ${places.length} image tokens and its images give ${available} features of size ${hidden}; ` +
        "the processor and the vision encoder of this model do not fit together.",
    );
  }
  let at = 0;
  for (const image of images) {
    for (let from = 0; from < image.length; from += hidden) {
      embeddings.set(image.subarray(from, from + hidden), (places[at] as number) * hidden);
      at++;
    }
  }
}
