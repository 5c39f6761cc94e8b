import type { Attention } from "../records.ts";

/** How many of a row's strongest keys `topMass` adds up. */
const TOP = 5;

/** What is recorded of a response's attention besides the column scores. */
export type AttentionSummary = Pick<Attention, "imageMass" | "entropy" | "topMass">;

/**
 * Means over the rows of a response, each row being the mean of its heads: the share on image
 * tokens, the entropy (in nats), the share on the five strongest keys.
 */
export class AttentionSummarizer {
  readonly #imageKeys: readonly number[];
  readonly #top = new Float64Array(TOP);
  #mean = new Float64Array(0);
  #rows = 0;
  #imageMass = 0;
  #entropy = 0;
  #topMass = 0;

  /** `imageKeys`: the positions of the image tokens in the prompt. */
  constructor(imageKeys: readonly number[]) {
    this.#imageKeys = imageKeys;
  }

  /** `row` holds heads × keys probabilities, head-major, as a `ColumnScorer` takes it. */
  addRow(row: Float32Array, heads: number): void {
    const keys = row.length / heads;
    const mean = this.#meanOfHeads(row, heads, keys);
    this.#rows++;
    for (const key of this.#imageKeys) this.#imageMass += mean[key] as number;
    this.#top.fill(0);
    for (let key = 0; key < keys; key++) {
      const share = mean[key] as number;
      if (share > 0) this.#entropy -= share * Math.log(share);
      if (share > (this.#top[TOP - 1] as number)) this.#insert(share);
    }
    for (const share of this.#top) this.#topMass += share;
  }

  /** The means so far; 0 for a response without rows. */
  finish(): AttentionSummary {
    const rows = Math.max(1, this.#rows);
    return { imageMass: this.#imageMass / rows, entropy: this.#entropy / rows, topMass: this.#topMass / rows };
  }

  #meanOfHeads(row: Float32Array, heads: number, keys: number): Float64Array {
    if (this.#mean.length < keys) this.#mean = new Float64Array(2 * keys);
    const mean = this.#mean;
    mean.fill(0, 0, keys);
    for (let head = 0; head < heads; head++) {
      for (let key = 0; key < keys; key++)
        mean[key] = (mean[key] as number) + (row[head * keys + key] as number) / heads;
    }
    return mean;
  }

  /** Puts a share into the descending list of the strongest. */
  #insert(share: number): void {
    let at = TOP - 1;
    while (at > 0 && (this.#top[at - 1] as number) < share) {
      this.#top[at] = this.#top[at - 1] as number;
      at--;
    }
    this.#top[at] = share;
  }
}
