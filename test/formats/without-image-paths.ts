import type { ReadItem } from "../../src/formats/format.ts";

/** An item without where its images' files stand: a copy has them elsewhere. */
export function withoutImagePaths(item: ReadItem): ReadItem {
  if (item.type !== "sample") return item;
  const images = item.sample.images.map(({ path: _path, ...image }) => image);
  return { ...item, sample: { ...item.sample, images } };
}
