import sharp from "sharp";
import { expect, test } from "vitest";
import { DonorPool, standInImages } from "../../src/prompts/counterfactual.ts";
import type { Sample } from "../../src/records.ts";

function sample(id: string, bytes: number[] = [0]): Sample {
  const image = { bytes: new Uint8Array(bytes), width: 7, height: 5, mediaType: "image/png" };
  return { id, source: { file: "f", row: 0 }, question: "<image>Q", images: [image], groundTruth: "1" };
}

test("drop has no stand-in", async () => {
  expect(await standInImages(sample("a"), "drop", 0, new DonorPool())).toBeUndefined();
});

test("blank is mid-grey and of the same size", async () => {
  const [image] = (await standInImages(sample("a"), "blank", 0, new DonorPool())) as Uint8Array[];
  const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([7, 5]);
  expect(new Set(data)).toEqual(new Set([128]));
});

test("noise is of the same size, differs between samples and repeats with the seed", async () => {
  const make = async (id: string, seed: number): Promise<Buffer> => {
    const [image] = (await standInImages(sample(id), "noise", seed, new DonorPool())) as Uint8Array[];
    return sharp(image).raw().toBuffer();
  };
  const first = await make("a", 1);
  expect(first).toHaveLength(7 * 5 * 3);
  expect((await make("a", 1)).equals(first)).toBe(true);
  expect((await make("b", 1)).equals(first)).toBe(false);
  expect((await make("a", 2)).equals(first)).toBe(false);
});

test("mismatch never shows a sample its own image, and does not depend on the order of rows", () => {
  const samples = Array.from({ length: 100 }, (_, index) => sample(`s${index}`, [index]));
  const forward = new DonorPool();
  const backward = new DonorPool();
  for (const one of samples) forward.offer(one);
  for (const one of [...samples].reverse()) backward.offer(one);
  for (const [index, one] of samples.entries()) {
    expect(forward.pick(one, 0)).not.toEqual(new Uint8Array([index]));
    expect(forward.pick(one, 0)).toEqual(backward.pick(one, 0));
  }
});

test("a mask paints its share of the cells mid-grey, and a larger one all that a smaller one does", async () => {
  const white = { create: { width: 80, height: 40, channels: 3, background: "white" } } as const;
  const image = { bytes: await sharp(white).png().toBuffer(), width: 80, height: 40, mediaType: "image/png" };
  const mask = async (share: number, id = "a"): Promise<Buffer> => {
    const [masked] = (await standInImages({ ...sample(id), images: [image] }, { mask: share }, 0, new DonorPool()))!;
    return sharp(masked).raw().toBuffer();
  };
  const grey = (pixels: Buffer): number => pixels.filter((value) => value === 128).length / pixels.length;
  const [quarter, half] = [await mask(0.25), await mask(0.5)];
  expect([grey(quarter), grey(half)]).toEqual([0.25, 0.5]);
  expect(quarter.every((value, at) => value === 255 || half[at] === 128)).toBe(true);
  expect((await mask(0.25)).equals(quarter)).toBe(true);
  expect((await mask(0.25, "b")).equals(quarter)).toBe(false);
});
