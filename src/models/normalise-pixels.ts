/** The part of an image processor's settings that turns bytes into numbers. */
export interface PixelScale {
  readonly rescale_factor: number;
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
}

/**
 * Bytes (height, width, channels) -> numbers (channels, height, width), each
 * (byte · rescale_factor − mean) / std, rounded to float32 after each of the two steps as
 * transformers.js does (`preprocess` in image_processors_utils.js, v4.3.1). A byte has 256 values,
 * so each channel is a table.
 */
export function normalisePixels(bytes: ArrayLike<number>, channels: number, scale: PixelScale): Float32Array {
  const size = bytes.length / channels;
  const numbers = new Float32Array(bytes.length);
  for (let channel = 0; channel < channels; channel++) {
    const table = Float32Array.from({ length: 256 }, (_, byte) => {
      const rescaled = Math.fround(scale.rescale_factor * byte);
      return (rescaled - (scale.image_mean[channel] as number)) / (scale.image_std[channel] as number);
    });
    for (let pixel = 0; pixel < size; pixel++) {
      numbers[channel * size + pixel] = table[bytes[pixel * channels + channel] as number] as number;
    }
  }
  return numbers;
}
