/** The part of an image processor's settings that turns bytes into numbers. */
export interface PixelScale {
  readonly rescale_factor: number;
  readonly image_mean: readonly number[];
  readonly image_std: readonly number[];
}

/** What each of the 256 values of a byte becomes, channel by channel. */
export type PixelTables = readonly Float32Array[];

/**
 * (byte · rescale_factor − mean) / std, rounded to float32 after each of the two steps as
 * transformers.js does (`preprocess` in image_processors_utils.js, v4.3.1).
 */
export function newPixelTables({ rescale_factor, image_mean, image_std }: PixelScale): PixelTables {
  return image_mean.map((mean, channel) =>
    Float32Array.from(
      { length: 256 },
      (_, byte) => (Math.fround(rescale_factor * byte) - mean) / (image_std[channel] as number),
    ),
  );
}

/** Bytes (height, width, channels) -> numbers (channels, height, width). */
export function normalisePixels(bytes: ArrayLike<number>, tables: PixelTables): Float32Array {
  const channels = tables.length;
  const size = bytes.length / channels;
  const numbers = new Float32Array(bytes.length);
  for (const [channel, table] of tables.entries()) {
    for (let pixel = 0; pixel < size; pixel++) {
      numbers[channel * size + pixel] = table[bytes[pixel * channels + channel] as number] as number;
    }
  }
  return numbers;
}
