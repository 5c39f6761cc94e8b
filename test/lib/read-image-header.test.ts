import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { readImageHeader } from "../../src/lib/read-image-header.ts";

/** Noise of 37×23 pixels in every kind of file, with what each must say of itself. */
const noise = Buffer.from(Array.from({ length: 37 * 23 * 3 }, (_, index) => (index * 7919) % 251));
const picture = () => sharp(noise, { raw: { width: 37, height: 23, channels: 3 } });

const FILES: readonly (readonly [string, string, () => Promise<Buffer>])[] = [
  ["PNG", "image/png", () => picture().png().toBuffer()],
  ["palette PNG", "image/png", () => picture().png({ palette: true, colours: 4 }).toBuffer()],
  ["JPEG", "image/jpeg", () => picture().jpeg().toBuffer()],
  ["progressive JPEG", "image/jpeg", () => picture().jpeg({ progressive: true }).toBuffer()],
  ["JPEG with EXIF", "image/jpeg", () => picture().withMetadata({ orientation: 6 }).jpeg().toBuffer()],
  ["GIF", "image/gif", () => picture().gif().toBuffer()],
  ["WebP", "image/webp", () => picture().webp().toBuffer()],
  ["lossless WebP", "image/webp", () => picture().webp({ lossless: true }).toBuffer()],
  ["WebP with alpha", "image/webp", () => picture().ensureAlpha(0.5).webp().toBuffer()],
  ["TIFF", "image/tiff", () => picture().tiff({ compression: "none" }).toBuffer()],
  ["tiled TIFF", "image/tiff", () => picture().tiff({ tile: true, compression: "deflate" }).toBuffer()],
  ["BMP", "image/bmp", async () => bmp(37, 23)],
];

/** An uncompressed BMP of 24 bits per pixel, rows padded to 4 bytes. */
function bmp(width: number, height: number): Buffer {
  const row = Math.ceil((width * 3) / 4) * 4;
  const bytes = Buffer.alloc(54 + row * height);
  bytes.write("BM");
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(width, 18);
  bytes.writeInt32LE(-height, 22);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

describe.each(FILES)("%s", (_name, mediaType, make) => {
  test("gives its kind and size as stored", async () => {
    expect(readImageHeader(await make())).toEqual({ mediaType, width: 37, height: 23 });
  });

  test("is not whole when cut off at three quarters, a half, or a tenth, and cutting never throws", async () => {
    const bytes = await make();
    for (const share of [0.75, 0.5, 0.1]) {
      const header = readImageHeader(bytes.subarray(0, Math.floor(bytes.length * share)));
      expect(header?.damage ?? "unknown").toMatch(/ends|needs|announces|header|IHDR|unknown/);
    }
    for (let length = 0; length < Math.min(bytes.length, 300); length++) readImageHeader(bytes.subarray(0, length));
  });

  test("is found whatever surrounds it in memory", async () => {
    const bytes = await make();
    const padded = Buffer.concat([Buffer.alloc(3, 1), bytes, Buffer.alloc(3, 2)]);
    expect(readImageHeader(padded.subarray(3, 3 + bytes.length))).toEqual(readImageHeader(bytes));
  });
});

test("other bytes are no image", () => {
  for (const text of ["", "hello", "<svg></svg>", "\x89PNG", "GIF8"])
    expect(readImageHeader(Buffer.from(text, "latin1"))).toBeUndefined();
});
