import { createHash } from "node:crypto";
import type { Sample, SampleImage } from "../records.ts";

/** What the text arm gets in place of the image (method.md, "Without the image"). */
export type Counterfactual = "drop" | "blank" | "noise" | "mismatch" | Mask;

/** The sample's own images with a share of them, in (0, 1), painted over. */
export interface Mask {
  readonly mask: number;
}

/** An image is masked in so many cells a side. */
const MASK_GRID = 8;

/** Images that another sample's text arm may be shown; enough that nobody gets their own. */
const DONORS = 32;

/**
 * The images that stand in for a sample's own in the text arm; `undefined` for `drop`.
 * `blank` is mid-grey and `noise` seeded noise, both of the same size as the original;
 * `mismatch` is another sample's image, taken from `donors`. A mask paints cells of an 8 × 8 grid
 * mid-grey, in a seeded order, so that a larger share covers all that a smaller one does.
 */
export async function standInImages(
  sample: Sample,
  counterfactual: Counterfactual,
  seed: number,
  donors: DonorPool,
): Promise<readonly Uint8Array[] | undefined> {
  if (counterfactual === "drop") return undefined;
  if (counterfactual === "mismatch") return sample.images.map((_, index) => donors.pick(sample, index));
  if (typeof counterfactual === "object") {
    return Promise.all(
      sample.images.map((image, i) => maskImage(image, counterfactual.mask, `${seed}/${sample.id}/${i}`)),
    );
  }
  const make = counterfactual === "blank" ? greyImage : noiseImage;
  return Promise.all(sample.images.map((image, index) => make(image, `${seed}/${sample.id}/${index}`)));
}

async function greyImage(image: SampleImage): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const { width, height } = image;
  return sharp({ create: { width, height, channels: 3, background: { r: 128, g: 128, b: 128 } } })
    .png()
    .toBuffer();
}

async function noiseImage(image: SampleImage, stream: string): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const { width, height } = image;
  const pixels = createHash("shake256", { outputLength: width * height * 3 })
    .update(stream)
    .digest();
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

async function maskImage(image: SampleImage, share: number, stream: string): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  const decoded = sharp(image.bytes).flatten({ background: "white" }).toColourspace("srgb");
  const { data, info } = await decoded.raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const masked = maskedCells(share, stream);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor((y * MASK_GRID) / height) * MASK_GRID;
    for (let x = 0; x < width; x++, at += channels) {
      if (masked.has(row + Math.floor((x * MASK_GRID) / width))) data.fill(128, at, at + channels);
    }
  }
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer();
}

/** Numbers of the painted cells, row by row: the first of all in the order of their seeded hash. */
function maskedCells(share: number, stream: string): ReadonlySet<number> {
  const cells = Array.from({ length: MASK_GRID ** 2 }, (_, cell) => ({ cell, rank: rankOf(`${stream}/mask ${cell}`) }));
  cells.sort((a, b) => (a.rank < b.rank ? -1 : 1));
  return new Set(cells.slice(0, Math.round(share * cells.length)).map(({ cell }) => cell));
}

/**
 * A few images of a dataset, chosen by the hash of their samples' ids, so that the choice
 * depends on the dataset and not on the order of its rows. Holds at most DONORS images.
 */
export class DonorPool {
  readonly #donors: { rank: string; sampleId: string; bytes: Uint8Array }[] = [];

  offer(sample: Sample): void {
    const bytes = sample.images[0]?.bytes;
    if (bytes === undefined) return;
    const rank = rankOf(sample.id);
    const last = this.#donors.at(-1);
    if (this.#donors.length === DONORS && last !== undefined && rank >= last.rank) return;
    this.#donors.push({ rank, sampleId: sample.id, bytes });
    this.#donors.sort((a, b) => (a.rank < b.rank ? -1 : 1));
    this.#donors.length = Math.min(this.#donors.length, DONORS);
  }

  /** Another sample's image; a dataset of one sample has none to give and throws a RangeError. */
  pick(sample: Sample, index: number): Uint8Array {
    const others = this.#donors.filter((donor) => donor.sampleId !== sample.id);
    if (others.length === 0) throw new RangeError("`mismatch` needs a second sample to take an image from");
    const at = Number.parseInt(rankOf(`${sample.id}/${index}`).slice(0, 8), 16) % others.length;
    return (others[at] as { bytes: Uint8Array }).bytes;
  }
}

function rankOf(text: string): string {
  return createHash("sha256").update(`donor ${text}`).digest("hex");
}
