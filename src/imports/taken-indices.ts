import type { Arm } from "../records.ts";

/** Rollouts an arm of a sample can have. */
export const MOST = 256;

/** Which rollout indices of each sample and arm are taken, a bit each. */
export class TakenIndices {
  readonly #taken = new Map<string, bigint>();

  /** Takes an index; false when it was taken before. */
  take(sampleId: string, arm: Arm, index: number): boolean {
    const key = `${arm}/${sampleId}`;
    const before = this.#taken.get(key) ?? 0n;
    const bit = 1n << BigInt(index);
    if ((before & bit) !== 0n) return false;
    this.#taken.set(key, before | bit);
    return true;
  }

  /** Takes the lowest free index; `undefined` when all 256 are taken. */
  takeNext(sampleId: string, arm: Arm): number | undefined {
    const taken = this.#taken.get(`${arm}/${sampleId}`) ?? 0n;
    let index = 0;
    while (((taken >> BigInt(index)) & 1n) === 1n) index += 1;
    if (index >= MOST) return undefined;
    this.take(sampleId, arm, index);
    return index;
  }

  /** How many rollouts most samples have, with the image where any have; the larger of equals; `undefined` without any. */
  usualCount(): number | undefined {
    const arms = { image: new Map<number, number>(), text: new Map<number, number>() };
    for (const [key, taken] of this.#taken) {
      const counts = arms[key.startsWith("image/") ? "image" : "text"];
      const count = taken.toString(2).replaceAll("0", "").length;
      counts.set(count, (counts.get(count) ?? 0) + 1);
    }
    const counts = arms.image.size > 0 ? arms.image : arms.text;
    return [...counts].sort(([a, many], [b, more]) => more - many || b - a)[0]?.[0];
  }
}
