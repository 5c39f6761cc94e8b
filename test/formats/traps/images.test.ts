import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { openDataset } from "../../../src/formats/index.ts";
import { readExifOrientation } from "../../../src/lib/read-exif-orientation.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { bomb, png } from "../pictures.ts";
import { outcome, PNG, readAll } from "./rows.ts";

test("a bare string is one image, a list of one the same", async () => {
  const one = await outcome({ image: PNG });
  expect(one).toMatchObject({ question: "<image>\nHow many?", images: [{ width: 4, height: 3 }] });
  expect(await outcome({ image: [PNG] })).toEqual(one);
});

test("pictures of 5×5 pixels, with a palette, of one bit, and with a wrong name are good pictures", async () => {
  for (const [bytes, width] of [
    [png({ width: 5, height: 5 }), 5],
    [png({ palette: true, bits: 1, width: 9 }), 9],
    [png({ bits: 1, width: 17 }), 17],
  ] as const) {
    expect(await outcome({ image: { bytes: bytes.toString("base64"), path: "wrong.jpg" } })).toMatchObject({
      images: [{ width, mediaType: "image/png" }],
    });
  }
});

test("none, null and an empty list are no image", async () => {
  for (const image of [null, [], "", [null], { bytes: null, path: null }]) {
    expect(await outcome({ image })).toMatch(/^no-image: expected an image; found/);
  }
});

test("a truncated one is unreadable, though its header is whole", async () => {
  const cut = png().subarray(0, 50).toString("base64");
  expect(await outcome({ image: { bytes: cut } })).toBe(
    "image-unreadable: expected a whole image; image/png of 50 bytes ends before its IEND chunk.",
  );
});

test("text that is no picture is unreadable", async () => {
  expect(await outcome({ image: { bytes: Buffer.from("hello").toString("base64") } })).toBe(
    "image-unreadable: expected a PNG, JPEG, GIF, WebP, BMP or TIFF image; has 5 bytes starting with 68656c6c6f.",
  );
  expect(await outcome({ image: "data:image/png,notbase64" })).toMatch(/^image-unreadable: expected a base64 data URI/);
  expect(await outcome({ image: { bytes: "!!!!" } })).toMatch(/^image-unreadable: expected base64/);
});

test("one of more than 64 megapixels is rejected by its header alone", async () => {
  expect(await outcome({ image: bomb(8000, 8001).toString("base64") })).toBe(
    "image-too-large: expected at most 64000000 pixels; image has 8000 × 8001 = 64008000.",
  );
  expect(await outcome({ image: bomb(8000, 8000).toString("base64") })).toMatchObject({ images: [{ width: 8000 }] });
  expect(await outcome({ image: bomb(0, 5).toString("base64") })).toMatch(/^image-unreadable: .* 0 × 5 pixels/);
});

test("an image of another type is named", async () => {
  expect(await outcome({ image: 7 })).toMatch(/^image-missing/);
  expect(await outcome({ image: true })).toMatch(/^wrong-type: .* found a boolean/);
  expect(await outcome({ image: { url: "x" } })).toMatch(/^wrong-type/);
  expect(await outcome({ image: "https://example.org/a.png" })).toMatch(/^image-remote/);
});

test("a photo that EXIF says is to be turned is read as stored, and comes back byte for byte", async () => {
  const plain = sharp({ create: { width: 6, height: 4, channels: 3, background: "red" } });
  const turned = await plain.withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, "set", "images"), { recursive: true });
  await writeFile(path.join(folder, "set", "images", "a.jpg"), turned);
  await writeFile(
    path.join(folder, "set", "data.jsonl"),
    '{"question": "q", "answer": "1", "image": "images/a.jpg"}\n',
  );
  const [item] = await readAll(path.join(folder, "set"));
  const [image] = item?.type === "sample" ? item.sample.images : [];
  expect([image?.width, image?.height, readExifOrientation(image?.bytes as Uint8Array)]).toEqual([6, 4, 6]);
  await using dataset = await openDataset(path.join(folder, "set"));
  await dataset.writeSubset(new Map([["data.jsonl", new Set([0])]]), path.join(folder, "out"));
  expect((await readFile(path.join(folder, "out", "images", "a.jpg"))).equals(turned)).toBe(true);
});

test("a file is known by its bytes: a PNG that is called .jpg, a JPEG that is called .png", async () => {
  const folder = await temporaryFolder();
  const jpeg = await sharp({ create: { width: 5, height: 5, channels: 3, background: "red" } })
    .jpeg()
    .toBuffer();
  await writeFile(path.join(folder, "a.jpg"), png());
  await writeFile(path.join(folder, "b.png"), jpeg);
  const rows = ["a.jpg", "b.png"].map((image) => JSON.stringify({ question: "q", answer: "1", image }));
  await writeFile(path.join(folder, "data.jsonl"), rows.join("\n"));
  expect(await readAll(folder)).toMatchObject([
    { sample: { images: [{ mediaType: "image/png", width: 4 }] } },
    { sample: { images: [{ mediaType: "image/jpeg", width: 5 }] } },
  ]);
});
