import type { Processor, RawImage, Tensor } from "@huggingface/transformers";
import { decodeSmallPng } from "./decode-small-png.ts";
import { newPixelTables, normalisePixels, type PixelScale, type PixelTables } from "./normalise-pixels.ts";
import type { ImageTensors } from "./prompt-batch.ts";

type ImageProcessor = NonNullable<Processor["image_processor"]>;

/** Image processors that only resize, rescale and normalise when their other settings are off. */
const PLAIN = new Set(["SiglipImageProcessor", "CLIPImageProcessor"]);
const OTHER_STEPS = ["do_center_crop", "do_crop_margin", "do_thumbnail", "do_pad", "do_flip_channel_order"] as const;

/** Turns image files into what a model's vision encoder takes, with the model's own image processor. */
export class ImageReader {
  readonly #processor: ImageProcessor;
  readonly #RawImage: typeof RawImage;
  /** Set when the processor only resizes, rescales and normalises, which we then do in one pass. */
  readonly #tables: PixelTables | undefined;

  constructor(processor: ImageProcessor, RawImageClass: typeof RawImage) {
    this.#processor = processor;
    this.#RawImage = RawImageClass;
    const scale = readPlainScale(processor);
    this.#tables = scale && newPixelTables(scale);
  }

  /** Decodes a file to upright RGB, transparency dropped as transformers.js drops it; throws what sharp throws. */
  async decode(bytes: Uint8Array): Promise<RawImage> {
    const small = decodeSmallPng(bytes);
    if (small !== undefined) {
      return new this.#RawImage(new Uint8ClampedArray(small.data), small.width, small.height, 3);
    }
    const { default: sharp } = await import("sharp");
    const image = sharp(bytes).rotate().toColourspace("srgb").removeAlpha().raw();
    const { data, info } = await image.toBuffer({ resolveWithObject: true });
    return new this.#RawImage(new Uint8ClampedArray(data), info.width, info.height, info.channels);
  }

  /** One image as the vision encoder takes it. */
  async toTensors(image: RawImage): Promise<ImageTensors> {
    if (this.#tables === undefined || image.channels !== 3) return pickTensors(await this.#processor(image));
    const { data, channels, width, height } = this.#processor.do_resize ? await this.#processor.resize(image) : image;
    const numbers = normalisePixels(data, this.#tables);
    return { pixel_values: { type: "float32", dims: [1, channels, height, width], data: numbers } };
  }
}

/** The numeric tensors of a processor's result that are about images. */
export function pickTensors(made: object): ImageTensors {
  const entries = Object.entries(made).filter(([name, value]) => name.startsWith("pixel_") && isTensor(value));
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const { type, dims, data } = value as Tensor;
      return [name, { type, dims: [...dims], data: data as Float32Array }];
    }),
  );
}

function isTensor(value: unknown): boolean {
  return typeof value === "object" && value !== null && "dims" in value && "data" in value;
}

function readPlainScale(processor: ImageProcessor): PixelScale | undefined {
  const settings = processor as unknown as Record<string, unknown>;
  const { image_processor_type: type } = processor.config as { image_processor_type?: string };
  if (type === undefined || !PLAIN.has(type) || OTHER_STEPS.some((step) => settings[step])) return undefined;
  if (!settings.do_rescale || !settings.do_normalize) return undefined;
  const { rescale_factor, image_mean, image_std } = settings as unknown as PixelScale;
  return image_mean?.length === 3 && image_std?.length === 3 ? { rescale_factor, image_mean, image_std } : undefined;
}
