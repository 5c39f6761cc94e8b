import type { ImageHeader } from "../read-image-header.ts";

/** GIF (GIF89a specification): blocks up to the end of the first picture; a missing trailer is forgiven. */
export function readGifHeader(bytes: Uint8Array, view: DataView): ImageHeader | undefined {
  const signature = String.fromCharCode(...bytes.subarray(0, 6));
  if (signature !== "GIF87a" && signature !== "GIF89a") return undefined;
  const mediaType = "image/gif";
  if (bytes.length < 13) return { mediaType, width: 0, height: 0, damage: "has no whole header" };
  const size = { mediaType, width: view.getUint16(6, true), height: view.getUint16(8, true) };
  let at = 13 + colourTable(bytes[10] as number);
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === 0x3b) return { ...size, damage: "holds no picture" };
    if (kind === 0x2c) {
      if (at + 10 > bytes.length) break;
      const end = skipSubBlocks(bytes, at + 11 + colourTable(bytes[at + 9] as number));
      return end === undefined ? { ...size, damage: "ends within its first picture" } : size;
    }
    if (kind !== 0x21) return { ...size, damage: `has an unknown block at byte ${at}` };
    const end = skipSubBlocks(bytes, at + 2);
    if (end === undefined) break;
    at = end;
  }
  return { ...size, damage: "ends before its first picture" };
}

/** Bytes of a colour table, from the packed field that announces it. */
function colourTable(packed: number): number {
  return (packed & 0x80) === 0 ? 0 : 3 * 2 ** ((packed & 7) + 1);
}

function skipSubBlocks(bytes: Uint8Array, from: number): number | undefined {
  let at = from;
  while (at < bytes.length) {
    const length = bytes[at] as number;
    at += 1 + length;
    if (length === 0) return at;
  }
  return undefined;
}
