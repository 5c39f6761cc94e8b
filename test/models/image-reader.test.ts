import { resolve } from "node:path";
import { AutoProcessor, env, RawImage } from "@huggingface/transformers";
import sharp from "sharp";
import { expect, test } from "vitest";
import { ImageReader } from "../../src/models/image-reader.ts";
import { newPixelTables, normalisePixels } from "../../src/models/normalise-pixels.ts";
import { readFigures } from "../backends/onnx/figures.ts";

env.allowRemoteModels = false;

async function pictures(): Promise<Uint8Array[]> {
  const pixels = Buffer.from(Array.from({ length: 90 * 70 * 4 }, (_, at) => (at * 37) % 256));
  const colour = () => sharp(pixels, { raw: { width: 90, height: 70, channels: 4 } });
  return [
    (await readFigures(1))[0]?.image as Uint8Array,
    await colour().removeAlpha().jpeg().toBuffer(),
    await colour().png().toBuffer(),
    await colour().greyscale().removeAlpha().toColourspace("b-w").png().toBuffer(),
    await colour().removeAlpha().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  ];
}

test("images become the same numbers, bit for bit, as in transformers.js", async () => {
  const { image_processor } = await AutoProcessor.from_pretrained(resolve("models/nano"), { local_files_only: true });
  if (image_processor === undefined) throw new Error("the nano model has an image processor");
  const reader = new ImageReader(image_processor, RawImage);
  for (const picture of await pictures()) {
    const theirs = await image_processor(await RawImage.fromBlob(new Blob([picture as Uint8Array<ArrayBuffer>])));
    const ours = await reader.toTensors(await reader.decode(picture));
    expect(ours.pixel_values?.dims).toEqual([...theirs.pixel_values.dims]);
    expect(ours.pixel_values?.data).toEqual(theirs.pixel_values.data);
  }
});

test("bytes are rescaled, centred, scaled and put channel by channel", () => {
  const scale = { rescale_factor: 1 / 255, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.25] };
  // Two pixels: (0, 255, 255) and (255, 0, 0).
  expect([...normalisePixels([0, 255, 255, 255, 0, 0], newPixelTables(scale))]).toEqual([-1, 1, 1, -1, 2, -2]);
});
