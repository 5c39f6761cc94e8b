import { createHash } from "node:crypto";
import type { Sample } from "../records.ts";

/**
 * The content hash that names a sample everywhere: the first 32 hex digits of SHA-256 over its
 * question, the bytes of its images, its ground truth and its row's own id.
 *
 * Every field goes in as its length and then its bytes, and the number of images and the
 * presence of an id are counted too, so that no two different samples give the same input. Two
 * rows that are equal in all of this share an id, wherever they stand.
 */
export function sampleId(sample: Pick<Sample, "question" | "images" | "groundTruth" | "rowId">): string {
  const hash = createHash("sha256");
  const add = (field: string | Uint8Array) => {
    const bytes = typeof field === "string" ? Buffer.from(field, "utf8") : field;
    hash.update(`${bytes.length}:`).update(bytes);
  };
  add("winnow sample 1");
  add(sample.question);
  add(String(sample.images.length));
  for (const image of sample.images) add(image.bytes);
  add(sample.groundTruth);
  if (sample.rowId !== undefined) add(sample.rowId);
  return hash.digest("hex").slice(0, 32);
}
