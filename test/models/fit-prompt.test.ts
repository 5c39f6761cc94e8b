import sharp, { type Sharp } from "sharp";
import { expect, test } from "vitest";
import { fitPrompt } from "../../src/models/fit-prompt.ts";
import type { Prompt } from "../../src/records.ts";
import { readFigures } from "../backends/onnx/figures.ts";

/** A figure of the examples as a picture of 900 × 600 pixels. */
async function picture(): Promise<Sharp> {
  const [figure] = await readFigures(1);
  return sharp(await sharp(figure?.image).resize(900, 600, { fit: "fill" }).removeAlpha().png().toBuffer());
}

function promptOf(...images: readonly Uint8Array[]): Prompt {
  const parts = images.map((bytes) => ({ type: "image", bytes }) as const);
  return { sampleId: "a", arm: "image", parts: [{ type: "text", text: "Look: " }, ...parts] };
}

async function fitOne(bytes: Uint8Array, maxPixels: number): Promise<Uint8Array> {
  const part = (await fitPrompt(promptOf(bytes), maxPixels)).parts[1];
  return (part as { readonly bytes: Uint8Array }).bytes;
}

test("a prompt without a limit, or with images within it, is the same object", async () => {
  const prompt = promptOf(await (await picture()).png().toBuffer());
  expect(await fitPrompt(prompt, undefined)).toBe(prompt);
  expect(await fitPrompt(prompt, 900 * 600)).toBe(prompt);
});

test("only the larger of two images is scaled down; text and the smaller one's bytes stay", async () => {
  const large = await (await picture()).png().toBuffer();
  const small = await (await picture()).resize(30, 20).png().toBuffer();
  const { parts } = await fitPrompt(promptOf(small, large), 60_000);
  expect(parts[0]).toEqual({ type: "text", text: "Look: " });
  expect((parts[1] as { bytes: Uint8Array }).bytes).toBe(small);
  expect(await sharp((parts[2] as { bytes: Uint8Array }).bytes).metadata()).toMatchObject({ width: 300, height: 200 });
});

test("a picture keeps its format, its aspect and what it shows", async () => {
  const original = await picture();
  const cases = {
    jpeg: await original.clone().jpeg({ quality: 95 }).toBuffer(),
    webp: await original.clone().webp({ quality: 95 }).toBuffer(),
    png: await original.clone().png().toBuffer(),
  };
  const wanted = await original.clone().resize(300, 200).raw().toBuffer();
  for (const [format, bytes] of Object.entries(cases)) {
    const fitted = sharp(await fitOne(bytes, 60_000));
    expect(await fitted.metadata()).toMatchObject({ format, width: 300, height: 200 });
    const pixels = await fitted.raw().toBuffer();
    const difference = pixels.reduce((sum, value, at) => sum + Math.abs(value - (wanted[at] as number)), 0);
    expect(difference / pixels.length, format).toBeLessThan(4);
  }
  const gif = await fitOne(await original.clone().gif().toBuffer(), 60_000);
  expect(await sharp(gif).metadata()).toMatchObject({ format: "png", width: 300, height: 200 });
});

test("a turned JPEG is scaled down as it is stored, and still says how it is turned", async () => {
  const turned = await (await picture()).jpeg().withMetadata({ orientation: 6 }).toBuffer();
  const fitted = await fitOne(turned, 60_000);
  expect(await sharp(fitted).metadata()).toMatchObject({ width: 300, height: 200, orientation: 6 });
});

test("no image has more pixels than the limit, however narrow, and none loses a side", async () => {
  for (const [width, height, most] of [
    [1, 5000, 700],
    [3000, 2, 50],
    [997, 991, 1],
    [640, 480, 307_199],
  ] as const) {
    const bytes = await sharp({ create: { width, height, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const found = await sharp(await fitOne(bytes, most)).metadata();
    expect(found.width * found.height, `${width} × ${height}`).toBeLessThanOrEqual(most);
    expect(found.width * found.height).toBeGreaterThanOrEqual(1);
  }
});

test("an image that cannot be decoded is named with its sample and a way out", async () => {
  const bmp = Buffer.alloc(54 + 4 * 4 * 4);
  bmp.write("BM");
  for (const [at, value] of [
    [2, bmp.length],
    [10, 54],
    [14, 40],
    [18, 4],
    [22, 4],
    [26, 1 | (32 << 16)],
  ] as const) {
    bmp.writeUInt32LE(value, at);
  }
  await expect(fitPrompt(promptOf(bmp), 8)).rejects.toThrow(
    /^An image of sample a \(image\/bmp, 4 × 4\) has more than 8 pixels and cannot be scaled down .*leave out the limit\.$/,
  );
});
