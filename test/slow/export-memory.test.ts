import { createHash } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { findExport } from "../../src/formats/dialects/index.ts";
import { openExportWriter } from "../../src/formats/export-writer.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** Longer than what gzip looks back, so that no picture is stored as a repetition of the one before. */
const NOISE = createHash("shake256", { outputLength: 40_000 }).update("noise").digest();

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes in V8's heap and outside of it that are still in use. */
function held(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test.each([
  ["easyr1", 7_500, 100e6],
  ["ms-swift", 2_500, 20e6],
])("an export for %s of %i images of 40 kB adds at most %i bytes to what is held", async (to, rows, most) => {
  const folder = await temporaryFolder();
  const target = { folder, finalFolder: folder, split: "train", source: "noise", extra: {}, createdBy: "a test" };
  const writer = await openExportWriter({ rules: findExport(to), ...target });
  const before = held();
  let peak = before;
  for (let row = 0; row < rows; row += 1) {
    const bytes = Buffer.concat([NOISE, Buffer.from(String(row))]);
    const images = [{ bytes, width: 1, height: 1, mediaType: "image/png" }];
    const sample = { id: String(row), source: { file: "a", row }, question: "<image>q", images, groundTruth: "1" };
    await writer.add(sample, sample.question, {});
    if (row % 250 === 0) peak = Math.max(peak, held());
  }
  const { bytes } = await writer.finish();
  expect(writer.rows).toBe(rows);
  expect(bytes).toBeGreaterThan(rows * NOISE.length);
  expect(peak - before).toBeLessThan(most);
});
