import type { ImageHeader } from "../read-image-header.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const IHDR = 0x49484452;
const IDAT = 0x49444154;
const IEND = 0x49454e44;

/** PNG (W3C PNG specification, section 5): chunks from IHDR to IEND, at least one IDAT. */
export function readPngHeader(bytes: Uint8Array, view: DataView): ImageHeader | undefined {
  if (!SIGNATURE.every((byte, index) => bytes[index] === byte)) return undefined;
  const mediaType = "image/png";
  if (bytes.length < 33 || view.getUint32(12) !== IHDR) {
    return { mediaType, width: 0, height: 0, damage: "has no whole IHDR chunk" };
  }
  const size = { mediaType, width: view.getUint32(16), height: view.getUint32(20) };
  let hasData = false;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const type = view.getUint32(at + 4);
    if (type === IEND) return hasData ? size : { ...size, damage: "holds no pixel data (no IDAT chunk)" };
    if (type === IDAT && length > 0) hasData = true;
    at += 12 + length;
  }
  return { ...size, damage: "ends before its IEND chunk" };
}
