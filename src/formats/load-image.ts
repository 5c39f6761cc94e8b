import { readFile } from "node:fs/promises";
import { readImageHeader } from "../lib/read-image-header.ts";
import type { SampleImage } from "../records.ts";
import { type ImageBase, resolveImagePath } from "./image-path.ts";
import { refuseMediumByBytes, refuseMediumByName } from "./refuse-medium.ts";
import { Rejection, UnusableValue } from "./rejection.ts";

/** An image that would decode to more pixels than this is never decoded. */
const MAX_PIXELS = 64_000_000;
/** Bytes of an image file at most: 64 megapixels of 8 bytes, uncompressed. */
const MAX_FILE_BYTES = 512 * 2 ** 20;
const DATA_URI = /^data:[^,]{0,200},/;
/** Trainers cut this off and take the rest as it is, without undoing `%20`. */
const FILE_URL = /^file:\/\//;
const BASE64 = /^[A-Za-z0-9+/\s]{16,}={0,2}\s*$/;

/** One image of a row, as its source holds it: bytes, or the path of a file. */
type ImageSource = { readonly bytes: Uint8Array } | { readonly path: string };

/** The images of a row's images column, in order: one value, or a list of them; nulls do not count. */
export function listImages(value: unknown): readonly ImageSource[] {
  const values = Array.isArray(value) ? value : [value];
  return values
    .filter((one) => one !== null && one !== undefined && one !== "")
    .map(toSource)
    .filter((one) => one !== undefined);
}

/**
 * Takes an image's bytes, untouched, and what their header says. Throws a `Rejection` when it
 * is video or audio, cannot be read, is cut off, leaves the dataset's folder or would decode to more than 64
 * megapixels (by its header alone).
 */
export async function loadImage(source: ImageSource, base: ImageBase): Promise<SampleImage> {
  const { bytes, file } = "bytes" in source ? { ...source, file: undefined } : await readImageFile(source.path, base);
  const where = "path" in source ? `${JSON.stringify(source.path)} ` : "";
  const unreadable = (found: string) => new Rejection("image-unreadable", found);
  const header = readImageHeader(bytes);
  if (header === undefined) {
    refuseMediumByBytes(bytes);
    const start = Buffer.from(bytes.subarray(0, 8)).toString("hex");
    throw unreadable(
      `expected a PNG, JPEG, GIF, WebP, BMP or TIFF image; ${where}has ${bytes.length} bytes${bytes.length === 0 ? "" : ` starting with ${start}`}`,
    );
  }
  const { width, height, mediaType } = header;
  if (width * height > MAX_PIXELS) {
    throw new Rejection(
      "image-too-large",
      `expected at most ${MAX_PIXELS} pixels; image ${where}has ${width} × ${height} = ${width * height}`,
    );
  }
  if (header.damage !== undefined) {
    throw unreadable(`expected a whole image; ${where}${mediaType} of ${bytes.length} bytes ${header.damage}`);
  }
  if (width === 0 || height === 0) throw unreadable(`expected an image; ${where}has ${width} × ${height} pixels`);
  return { bytes, width, height, mediaType, ...(file !== undefined && { path: file }) };
}

async function readImageFile(name: string, base: ImageBase): Promise<{ bytes: Uint8Array; file: string }> {
  refuseMediumByName(name);
  const { file, size } = await resolveImagePath(name, base);
  if (size > MAX_FILE_BYTES) {
    throw new Rejection("image-too-large", `expected an image of at most ${MAX_FILE_BYTES} bytes; ${name} has ${size}`);
  }
  try {
    return { bytes: await readFile(file), file };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Rejection("image-unreadable", `expected a readable image file; ${JSON.stringify(name)} gave ${code}`);
  }
}

function toSource(value: unknown): ImageSource | undefined {
  if (value instanceof UnusableValue) throw new Rejection(value.code, `expected an image; found ${value.found}`);
  if (value instanceof Uint8Array) return { bytes: value };
  if (typeof value === "string") return textToSource(value);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const { bytes, path, image } = value as { bytes?: unknown; path?: unknown; image?: unknown };
    if (typeof image === "string" && image !== "") return textToSource(image);
    if (bytes instanceof Uint8Array) return { bytes };
    if (typeof bytes === "string") return { bytes: decodeBase64(bytes.replace(DATA_URI, "")) };
    if (typeof path === "string" && path !== "") return { path };
    const named = "bytes" in value || "path" in value || "image" in value;
    if ((bytes ?? path ?? image ?? null) === null && named) return undefined;
    if (path === "") return undefined;
  }
  const found = Array.isArray(value)
    ? "a list within the list"
    : typeof value === "object"
      ? "an object with neither"
      : `a ${typeof value}`;
  throw new Rejection("wrong-type", `expected an image as bytes, base64, path or {bytes, path}; found ${found}`);
}

/** A data URI, base64 of something that is an image (a JPEG's starts like an absolute path), or else a path. */
function textToSource(text: string): ImageSource {
  if (DATA_URI.test(text.slice(0, 220))) {
    if (!/;base64,/.test(text.slice(0, 220))) {
      throw new Rejection("image-unreadable", `expected a base64 data URI; found ${JSON.stringify(text.slice(0, 40))}`);
    }
    return { bytes: decodeBase64(text.replace(DATA_URI, "")) };
  }
  if (BASE64.test(text.slice(0, 64)) && readImageHeader(Buffer.from(text.slice(0, 64), "base64")) !== undefined) {
    return { bytes: decodeBase64(text) };
  }
  return { path: text.replace(FILE_URL, "") };
}

function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  const digits = text.replace(/[\s=]/g, "").length;
  if (Math.floor((digits * 3) / 4) === bytes.length) return bytes;
  throw new Rejection("image-unreadable", `expected base64; found characters that are not among ${digits} digits`);
}
