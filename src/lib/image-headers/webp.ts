import type { ImageHeader } from "../read-image-header.ts";

/** WebP (RFC 9649): RIFF chunks, the first of them VP8, VP8L or VP8X. */
export function readWebpHeader(bytes: Uint8Array, view: DataView): ImageHeader | undefined {
  if (text(bytes, 0) !== "RIFF" || text(bytes, 8) !== "WEBP") return undefined;
  const mediaType = "image/webp";
  if (bytes.length < 30) return { mediaType, width: 0, height: 0, damage: "has no whole header" };
  const size = { mediaType, ...dimensions(bytes, view) };
  if (size.width === 0) return { ...size, damage: `has an unknown first chunk ${JSON.stringify(text(bytes, 12))}` };
  const announced = view.getUint32(4, true) + 8;
  if (bytes.length < announced) return { ...size, damage: `announces ${announced} bytes and has ${bytes.length}` };
  return size;
}

function dimensions(bytes: Uint8Array, view: DataView): { width: number; height: number } {
  switch (text(bytes, 12)) {
    case "VP8 ":
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8X":
      return { width: (view.getUint32(24, true) & 0xffffff) + 1, height: (view.getUint32(26, true) >>> 8) + 1 };
    default:
      return { width: 0, height: 0 };
  }
}

function text(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}
