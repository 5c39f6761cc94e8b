import { crc32, deflateSync } from "node:zlib";

/** A PNG chunk: length, type, data, check sum. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(data.length);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body), body.length + 4);
  return bytes;
}

/** A PNG of `width` × `height` grey pixels of one shade; `bits` 1 or 8, with a palette when asked for. */
export function png({ width = 4, height = 3, shade = 0, bits = 8, palette = false } = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header[8] = bits;
  header[9] = palette ? 3 : 0;
  const row = Buffer.alloc(1 + Math.ceil((width * bits) / 8), palette ? 0 : shade);
  row[0] = 0;
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    ...(palette ? [chunk("PLTE", Buffer.from([shade, shade, shade, 1, 2, 3]))] : []),
    chunk("IDAT", deflateSync(Buffer.concat(Array.from({ length: height }, () => row)))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A PNG that announces a size it does not hold, in a hundred bytes. */
export function bomb(width: number, height: number): Buffer {
  const bytes = png();
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}
