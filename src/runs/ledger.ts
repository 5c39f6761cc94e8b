import type { Arm, ArmCounts, Evidence, Psi, Verdict } from "../records.ts";

/** What the run knows of a sample without holding its text or images. */
export interface SampleEntry {
  readonly id: string;
  readonly file: string;
  readonly row: number;
  /** The row's own id, when there is one. */
  readonly rowId?: string;
  /** Kind of the ground truth: `choice`, `integer`, … */
  readonly kind?: string;
  /** Number of choices when the ground truth is a choice letter. */
  readonly options?: number;
  readonly ungradable?: string;
}

const VERDICTS: readonly (Verdict | undefined)[] = [undefined, "correct", "wrong", "ungradable"];
const TRUNCATED = 4;

/**
 * What has been taken so far, in a few bytes a rollout: which rollouts are there, how each
 * was graded, and log ψ of the measured ones. Rollouts may arrive in any order and twice.
 */
export class Ledger {
  readonly samples: readonly SampleEntry[];
  readonly m: number;
  readonly #position = new Map<string, number>();
  /** samples × 2 arms × m; 0: not there, else verdict plus TRUNCATED. */
  readonly #verdicts: Uint8Array;
  /** samples × m; NaN: not measured. */
  readonly #logPsi: Float64Array;
  readonly #carried = new Map<string, { readonly evidence: Evidence; readonly model: string }>();
  readonly #refused = new Map<string, string>();

  /** `samples`: one entry per sample id, in dataset order; `m`: rollouts per arm. */
  constructor(samples: readonly SampleEntry[], m: number) {
    this.samples = samples;
    this.m = m;
    for (const [position, sample] of samples.entries()) this.#position.set(sample.id, position);
    this.#verdicts = new Uint8Array(samples.length * 2 * m);
    this.#logPsi = new Float64Array(samples.length * m).fill(Number.NaN);
  }

  /** Takes a graded rollout in; one of an unknown sample or beyond `m` is kept on disk and left alone here. */
  addRollout(sampleId: string, arm: Arm, index: number, verdict: Verdict, truncated: boolean): void {
    const at = this.#slot(sampleId, arm, index);
    this.#carried.delete(sampleId);
    if (at !== undefined) this.#verdicts[at] = VERDICTS.indexOf(verdict) + (truncated ? TRUNCATED : 0);
  }

  addAttention(sampleId: string, index: number, psi: Psi): void {
    const position = this.#position.get(sampleId);
    if (position !== undefined && index < this.m) this.#logPsi[position * this.m + index] = psi.logPsi;
  }

  /**
   * Lets an earlier checkpoint's evidence stand for a sample that has no rollout here, until it gets
   * one or is released; the first to be carried stays. The two are never mixed.
   */
  carry(evidence: Evidence, model: string): void {
    const { sampleId } = evidence;
    const position = this.#position.get(sampleId);
    if (position === undefined || this.#carried.has(sampleId) || this.#taken(position, "image") > 0) return;
    this.#carried.set(sampleId, { evidence, model });
  }

  /** Drops what is carried for a sample, which then has to be rolled out. */
  release(sampleId: string): void {
    this.#carried.delete(sampleId);
  }

  /** The samples an earlier checkpoint's evidence stands for, with that checkpoint's name. */
  get carried(): ReadonlyMap<string, { readonly model: string }> {
    return this.#carried;
  }

  /** Sets a sample aside: no prompt of it can be answered. */
  refuse(sampleId: string, reason: string): void {
    if (this.#position.has(sampleId)) this.#refused.set(sampleId, reason);
  }

  get refused(): ReadonlyMap<string, string> {
    return this.#refused;
  }

  has(sampleId: string, arm: Arm, index: number): boolean {
    const at = this.#slot(sampleId, arm, index);
    return at !== undefined && this.#verdicts[at] !== 0;
  }

  hasAttention(sampleId: string, index: number): boolean {
    const position = this.#position.get(sampleId);
    return position !== undefined && !Number.isNaN(this.#logPsi[position * this.m + index]);
  }

  /** The indices to ask for so that `more` rollouts follow the unbroken run of those that are there. */
  missing(sampleId: string, arm: Arm, more: number): number[] {
    const position = this.#position.get(sampleId);
    if (position === undefined) return [];
    const end = Math.min(this.m, this.#taken(position, arm) + more);
    return Array.from({ length: end }, (_, index) => index).filter((index) => !this.has(sampleId, arm, index));
  }

  /** Rollouts, measurements and set-aside samples there are; grows with every result that comes back. */
  get size(): number {
    const measured = this.#logPsi.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
    const taken = this.#verdicts.reduce((count, cell) => count + (cell === 0 ? 0 : 1), 0);
    return taken + measured + this.#refused.size;
  }

  /** What a selector may know, one record per sample that was not set aside, in dataset order. */
  evidence(): Evidence[] {
    const evidence: Evidence[] = [];
    for (const position of this.samples.keys()) {
      const one = this.#evidenceAt(position);
      if (one !== undefined) evidence.push(one);
    }
    return evidence;
  }

  /** What a selector may know of one sample; absent when it was set aside or is unknown. */
  evidenceOf(sampleId: string): Evidence | undefined {
    const position = this.#position.get(sampleId);
    return position === undefined ? undefined : this.#evidenceAt(position);
  }

  #evidenceAt(position: number): Evidence | undefined {
    const sample = this.samples[position] as SampleEntry;
    if (this.#refused.has(sample.id)) return undefined;
    const carried = this.#carried.get(sample.id);
    if (carried !== undefined) return carried.evidence;
    const logPsi = Array.from(this.#logPsi.subarray(position * this.m, (position + 1) * this.m));
    return {
      sampleId: sample.id,
      m: this.m,
      image: this.#counts(position, "image"),
      text: this.#counts(position, "text"),
      ...(sample.options === undefined ? {} : { options: sample.options }),
      ...(sample.ungradable === undefined ? {} : { ungradable: sample.ungradable }),
      ...(logPsi.some(Number.isNaN) ? {} : { logPsi }),
    };
  }

  #slot(sampleId: string, arm: Arm, index: number): number | undefined {
    const position = this.#position.get(sampleId);
    return position === undefined || index >= this.m ? undefined : this.#start(position, arm) + index;
  }

  #start(position: number, arm: Arm): number {
    return (position * 2 + (arm === "image" ? 0 : 1)) * this.m;
  }

  #taken(position: number, arm: Arm): number {
    const start = this.#start(position, arm);
    let taken = 0;
    while (taken < this.m && this.#verdicts[start + taken] !== 0) taken += 1;
    return taken;
  }

  #counts(position: number, arm: Arm): ArmCounts {
    const start = this.#start(position, arm);
    const taken = this.#taken(position, arm);
    let correct = 0;
    let truncated = 0;
    for (const cell of this.#verdicts.subarray(start, start + taken)) {
      if (cell & TRUNCATED) truncated += 1;
      if (VERDICTS[cell & ~TRUNCATED] === "correct") correct += 1;
    }
    return { taken, correct, truncated };
  }
}
