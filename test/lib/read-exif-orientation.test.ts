import sharp from "sharp";
import { expect, test } from "vitest";
import { readExifOrientation } from "../../src/lib/read-exif-orientation.ts";

const plain = sharp({ create: { width: 6, height: 4, channels: 3, background: "red" } });

test("the orientation that a JPEG's EXIF names is read", async () => {
  for (const orientation of [1, 3, 6, 8]) {
    expect(readExifOrientation(await plain.clone().withMetadata({ orientation }).jpeg().toBuffer())).toBe(orientation);
  }
});

test("an image without EXIF, of another kind, or cut off anywhere is as stored", async () => {
  expect(readExifOrientation(await plain.clone().jpeg().toBuffer())).toBe(1);
  expect(readExifOrientation(await plain.clone().png().toBuffer())).toBe(1);
  const turned = await plain.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer();
  for (let length = 0; length < turned.length; length += 1) {
    expect([1, 6]).toContain(readExifOrientation(turned.subarray(0, length)));
  }
});
