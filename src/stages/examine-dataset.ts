import type { Dataset } from "../formats/format.ts";
import type { Grader } from "../graders/grader.ts";
import { readExifOrientation } from "../lib/read-exif-orientation.ts";
import type { RejectedRow, Sample } from "../records.ts";
import type { PromptSize } from "./estimate-tokens.ts";
import type { Progress } from "./progress.ts";

/** Rejected rows kept as examples; their counts are always whole. */
const EXAMPLES = 5;

/** A ground truth that no rule can grade. */
export interface UngradableSample {
  readonly sample: string;
  /** Its first 200 characters. */
  readonly groundTruth: string;
  readonly reason: string;
}

/** What a dataset is made of, found by reading every row once and asking no model. */
export interface DatasetExamination {
  /** Name of the dialect that its rows are in. */
  readonly dialect: string;
  readonly rows: number;
  readonly usable: number;
  /** Rows that repeat an earlier sample exactly. */
  readonly duplicates: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly rejectedExamples: readonly RejectedRow[];
  /** Usable samples by kind of ground truth. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Every one of them. */
  readonly ungradable: readonly UngradableSample[];
  readonly images: number;
  /** Images that their EXIF says are to be turned or mirrored, which many servers do not do. */
  readonly turned: number;
  /** Pixels per image at these shares of the images. */
  readonly pixels: Readonly<Record<"p50" | "p90" | "p99" | "max", number>>;
}

interface ExaminationOptions {
  readonly progress: Progress;
  /** Pixels of an image at most, as the model is shown it. */
  readonly maxPixels?: number | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Reads the whole dataset; images by their headers only. `sizes`: of every usable sample's with-image
 * prompt, without the format prompt, its images scaled down to `maxPixels`.
 */
export async function examineDataset(
  dataset: Dataset,
  grader: Grader,
  { progress, maxPixels = Number.POSITIVE_INFINITY, signal }: ExaminationOptions,
): Promise<{ readonly examination: DatasetExamination; readonly sizes: readonly PromptSize[] }> {
  const sizes: PromptSize[] = [];
  const rejected: Record<string, number> = {};
  const rejectedExamples: RejectedRow[] = [];
  const kinds: Record<string, number> = {};
  const ungradable: UngradableSample[] = [];
  const seen = new Set<string>();
  const pixels: number[] = [];
  let usable = 0;
  let turned = 0;
  const examine = (sample: Sample): void => {
    usable += 1;
    seen.add(sample.id);
    for (const { bytes, width, height } of sample.images) {
      pixels.push(width * height);
      if (readExifOrientation(bytes) > 1) turned += 1;
    }
    sizes.push(sizeOf(sample, maxPixels));
    const check = grader.check(sample.groundTruth, sample.choices);
    kinds[check.kind] = (kinds[check.kind] ?? 0) + 1;
    if (check.gradable) return;
    const { file, row } = sample.source;
    const groundTruth = sample.groundTruth.slice(0, 200);
    ungradable.push({ sample: `${file}, row ${row}`, groundTruth, reason: check.reason ?? "no rule reads it" });
  };
  progress.begin("read", dataset.rows);
  for await (const item of dataset.read(signal && { signal })) {
    progress.advance("read", 1);
    if (item.type === "sample") {
      examine(item.sample);
      continue;
    }
    rejected[item.rejected.code] = (rejected[item.rejected.code] ?? 0) + 1;
    if (rejectedExamples.length < EXAMPLES) rejectedExamples.push(item.rejected);
  }
  progress.end("read");
  pixels.sort((a, b) => a - b);
  const at = (share: number): number => pixels[Math.min(pixels.length - 1, Math.floor(share * pixels.length))] ?? 0;
  const examination = {
    dialect: dataset.dialect,
    rows: dataset.rows,
    usable,
    duplicates: usable - seen.size,
    rejected,
    rejectedExamples,
    kinds,
    ungradable,
    images: pixels.length,
    turned,
    pixels: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: pixels.at(-1) ?? 0 },
  };
  return { examination, sizes };
}

/** How large a sample's with-image prompt is, without the format prompt. */
export function sizeOf({ question, images }: Sample, maxPixels: number = Number.POSITIVE_INFINITY): PromptSize {
  return {
    bytes: Buffer.byteLength(question),
    images: images.length,
    pixels: images.reduce((sum, { width, height }) => sum + Math.min(maxPixels, width * height), 0),
  };
}
