import type { ImageHeader } from "../read-image-header.ts";

const WIDTH = 256;
const HEIGHT = 257;
/** Strip and tile offsets with the tag of their byte counts. */
const DATA_TAGS = new Map([
  [273, 279],
  [324, 325],
]);
const BYTES_OF_TYPE: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4 };

/** TIFF 6.0: the first image directory, and every strip or tile it points to within the file. */
export function readTiffHeader(bytes: Uint8Array, view: DataView): ImageHeader | undefined {
  const order = bytes.length < 8 ? 0 : view.getUint32(0);
  if (order !== 0x49492a00 && order !== 0x4d4d002a) return undefined;
  const little = order === 0x49492a00;
  const mediaType = "image/tiff";
  const directory = view.getUint32(4, little);
  const entries = directory + 2 <= bytes.length ? view.getUint16(directory, little) : 0;
  if (entries === 0 || directory + 2 + entries * 12 > bytes.length) {
    return { mediaType, width: 0, height: 0, damage: "ends before its image directory" };
  }
  const tags = new Map<number, number[] | undefined>();
  for (let entry = 0; entry < entries; entry++) {
    const at = directory + 2 + entry * 12;
    tags.set(view.getUint16(at, little), readValues(view, at, little));
  }
  const size = { mediaType, width: tags.get(WIDTH)?.[0] ?? 0, height: tags.get(HEIGHT)?.[0] ?? 0 };
  for (const [offsetTag, countTag] of DATA_TAGS) {
    if (!tags.has(offsetTag)) continue;
    const offsets = tags.get(offsetTag);
    const counts = tags.get(countTag);
    const whole = offsets?.every((offset, index) => offset + (counts?.[index] ?? 0) <= bytes.length);
    return whole === true ? size : { ...size, damage: "ends before its pixel data does" };
  }
  return { ...size, damage: "points to no pixel data" };
}

/** The unsigned integers of a directory entry; `undefined` when they lie outside the file. */
function readValues(view: DataView, at: number, little: boolean): number[] | undefined {
  const width = BYTES_OF_TYPE[view.getUint16(at + 2, little)];
  const count = view.getUint32(at + 4, little);
  if (width === undefined) return [];
  const start = width * count <= 4 ? at + 8 : view.getUint32(at + 8, little);
  if (start + width * count > view.byteLength) return undefined;
  const read = (position: number) =>
    width === 1
      ? view.getUint8(position)
      : width === 2
        ? view.getUint16(position, little)
        : view.getUint32(position, little);
  return Array.from({ length: count }, (_, index) => read(start + index * width));
}
