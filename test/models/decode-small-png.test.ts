import sharp, { type Sharp } from "sharp";
import { expect, test } from "vitest";
import { randomStream } from "../../src/lib/random-stream.ts";
import { decodeSmallPng } from "../../src/models/decode-small-png.ts";

function noise(width: number, height: number, channels: 3 | 4): Sharp {
  const random = randomStream(`${width} ${height}`);
  const data = Uint8Array.from({ length: width * height * channels }, () => Math.floor(random() * 256));
  return sharp(data, { raw: { width, height, channels } });
}

test("the pixels are sharp's to the bit, whatever the filters and the size", async () => {
  for (const [width, height] of [
    [64, 64],
    [5, 5],
    [1, 1],
    [127, 3],
  ] as const) {
    for (const adaptiveFiltering of [false, true]) {
      const png = await noise(width, height, 3).png({ adaptiveFiltering }).toBuffer();
      const decoded = decodeSmallPng(png);
      expect([decoded?.width, decoded?.height]).toEqual([width, height]);
      expect(Buffer.from(decoded?.data as Uint8Array).equals(await sharp(png).raw().toBuffer())).toBe(true);
    }
  }
});

test("anything but a small plain RGB PNG is left to sharp", async () => {
  const images = await Promise.all([
    noise(8, 8, 4).png().toBuffer(),
    noise(8, 8, 3).png({ palette: true }).toBuffer(),
    noise(8, 8, 3).toColourspace("b-w").png().toBuffer(),
    noise(8, 8, 3).png({ progressive: true }).toBuffer(),
    noise(8, 8, 3).withMetadata({ orientation: 6 }).png().toBuffer(),
    noise(8, 8, 3).withIccProfile("p3").png().toBuffer(),
    noise(200, 200, 3).png().toBuffer(),
    noise(8, 8, 3).jpeg().toBuffer(),
  ]);
  expect(images.map((image: Buffer) => decodeSmallPng(image))).toEqual(images.map(() => undefined));
});

test("damaged data is left to sharp too", async () => {
  const png = await noise(16, 16, 3).png().toBuffer();
  png[60] = (png[60] as number) ^ 0xff;
  expect(decodeSmallPng(png)).toBeUndefined();
});
