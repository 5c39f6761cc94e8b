import { readBmpHeader } from "./image-headers/bmp.ts";
import { readGifHeader } from "./image-headers/gif.ts";
import { readJpegHeader } from "./image-headers/jpeg.ts";
import { readPngHeader } from "./image-headers/png.ts";
import { readTiffHeader } from "./image-headers/tiff.ts";
import { readWebpHeader } from "./image-headers/webp.ts";

/** What an image file says of itself, found by walking its structure; no pixel is decoded. */
export interface ImageHeader {
  readonly mediaType: string;
  /** In pixels, as stored (EXIF orientation not applied); 0 when the file ends before saying so. */
  readonly width: number;
  readonly height: number;
  /** Why the file cannot hold the picture it announces, e.g. `ends before its IEND chunk`; absent when it can. */
  readonly damage?: string;
}

const READERS = [readPngHeader, readJpegHeader, readGifHeader, readWebpHeader, readBmpHeader, readTiffHeader];

/**
 * Reads size and kind of a PNG, JPEG, GIF, WebP, BMP or TIFF from its bytes, whatever its file
 * name, and follows its chunks to the end, so that a cut-off file is found without decoding it.
 * `undefined` when the bytes are none of these.
 */
export function readImageHeader(bytes: Uint8Array): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const read of READERS) {
    const header = read(bytes, view);
    if (header !== undefined) return header;
  }
  return undefined;
}
