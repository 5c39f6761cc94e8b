/** Adds up the wall time of a run's stages, over resumed parts too. */
export class Stopwatch {
  readonly #now: () => number;
  readonly #seconds: Record<string, number>;

  /** `now`: milliseconds since 1970; `before`: seconds by stage of earlier parts of the run. */
  constructor(now: () => number, before: Readonly<Record<string, number>> = {}) {
    this.#now = now;
    this.#seconds = { ...before };
  }

  /** Seconds by stage so far, to the millisecond. */
  get seconds(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.#seconds).map(([stage, s]) => [stage, Math.round(s * 1000) / 1000]));
  }

  async time<T>(stage: string, work: () => Promise<T>): Promise<T> {
    const start = this.#now();
    try {
      return await work();
    } finally {
      this.#seconds[stage] = (this.#seconds[stage] ?? 0) + (this.#now() - start) / 1000;
    }
  }
}
