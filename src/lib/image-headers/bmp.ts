import type { ImageHeader } from "../read-image-header.ts";

/** BMP: file header, info header, and as many bytes as its rows of pixels (or its compressed data) take. */
export function readBmpHeader(bytes: Uint8Array, view: DataView): ImageHeader | undefined {
  if (bytes[0] !== 0x42 || bytes[1] !== 0x4d) return undefined;
  const mediaType = "image/bmp";
  if (bytes.length < 26) return { mediaType, width: 0, height: 0, damage: "has no whole header" };
  const dataOffset = view.getUint32(10, true);
  const core = view.getUint32(14, true) === 12;
  const width = core ? view.getUint16(18, true) : Math.abs(view.getInt32(18, true));
  const height = core ? view.getUint16(20, true) : Math.abs(view.getInt32(22, true));
  const size = { mediaType, width, height };
  if (!core && bytes.length < 54) return { ...size, damage: "has no whole header" };
  const bitsPerPixel = view.getUint16(core ? 24 : 28, true);
  const compression = core ? 0 : view.getUint32(30, true);
  const raw = compression === 0 || compression === 3 || compression === 6;
  const dataLength = raw ? Math.ceil((width * bitsPerPixel) / 32) * 4 * height : view.getUint32(34, true);
  const announced = dataOffset + dataLength;
  if (bytes.length < announced) return { ...size, damage: `needs ${announced} bytes and has ${bytes.length}` };
  return size;
}
