import { randomUUID } from "node:crypto";

/** Bytes within a JSON value; `renderJson` writes them as `data:<mediaType>;base64,…`. */
export class DataUri {
  readonly mediaType: string;
  readonly bytes: Uint8Array;

  constructor(mediaType: string, bytes: Uint8Array) {
    this.mediaType = mediaType;
    this.bytes = bytes;
  }
}

/** Stands where base64 goes; chosen anew in every process and never sent, so that no text can hold it. */
const MARK = randomUUID();

/** Bytes encoded at a time; a multiple of 3, so that no padding comes in between. */
const PIECE = 3 * 8192;

/** A value as JSON in UTF-8. Base64 needs no escapes, so images never pass through `JSON.stringify`. */
export function renderJson(value: unknown): Buffer<ArrayBuffer> {
  const images: Uint8Array[] = [];
  const text = JSON.stringify(value, (_key, inner: unknown) => {
    if (!(inner instanceof DataUri)) return inner;
    images.push(inner.bytes);
    return `data:${inner.mediaType};base64,${MARK}`;
  });
  const pieces = text.split(MARK);
  const bytes = images.reduce((sum, image) => sum + Math.ceil(image.byteLength / 3) * 4, 0);
  const json = Buffer.allocUnsafe(pieces.reduce((sum, piece) => sum + Buffer.byteLength(piece), bytes));
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    at += json.write(piece, at);
    const image = images[index];
    if (image !== undefined) at += writeBase64(image, json, at);
  }
  return json;
}

/** Writes base64 piece by piece: one string of a whole image would cost fresh memory pages, several times the encoding. */
function writeBase64(bytes: Uint8Array, target: Buffer, start: number): number {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;
  for (let from = 0; from < source.length; from += PIECE) {
    at += target.write(source.toString("base64", from, from + PIECE), at, "latin1");
  }
  return at - start;
}
