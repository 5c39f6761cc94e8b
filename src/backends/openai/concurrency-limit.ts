/** A finished request, as the limit learns from it. */
export interface Finished {
  /** Milliseconds, any fixed zero. */
  readonly now: number;
  /** Milliseconds the request took. */
  readonly latency: number;
  /** Response tokens it brought. */
  readonly tokens: number;
}

const START = 8;
/** More tokens per second by this factor, and the last step up was worth it. */
const BETTER = 1.03;
/** Latency above this multiple of the best without more throughput means that requests only wait. */
const SLOWER = 1.5;
/** Windows without a change after which one more request is tried. */
const PATIENCE = 5;

/**
 * How many requests a server gets at the same time: additive increase while completed tokens per
 * second grow, multiplicative decrease when they do not and latency does, or when the server says
 * it is busy. Servers' own queue gauges are no guide: images wait before they are counted.
 */
export class ConcurrencyLimit {
  readonly #most: number;
  #limit: number;
  #window = { since: -1, count: 0, tokens: 0, latency: 0, full: false };
  #last = { rate: 0, limit: 0 };
  #best = Number.POSITIVE_INFINITY;
  #still = 0;

  /** `most`: never more than this. */
  constructor(most: number) {
    this.#most = most;
    this.#limit = Math.min(START, most);
  }

  get value(): number {
    return this.#limit;
  }

  /** Notes that a request starts with `inFlight` others under way. */
  start(now: number, inFlight: number): void {
    if (this.#window.since < 0) this.#window.since = now;
    if (inFlight + 1 >= this.#limit) this.#window.full = true;
  }

  /** Learns from a finished request; once as many as the limit are finished, the limit is set anew. */
  finish({ now, latency, tokens }: Finished): void {
    const window = this.#window;
    window.count += 1;
    window.tokens += tokens;
    window.latency += latency;
    if (window.count < this.#limit) return;
    const rate = window.tokens / Math.max(1, now - window.since);
    if (window.full) this.#adapt(rate, window.latency / window.count);
    this.#window = { since: now, count: 0, tokens: 0, latency: 0, full: false };
  }

  /** The server is overloaded: half as many, and a new window. */
  halve(now: number): void {
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#last = { rate: 0, limit: this.#limit };
    this.#window = { since: now, count: 0, tokens: 0, latency: 0, full: false };
  }

  #adapt(rate: number, latency: number): void {
    this.#best = Math.min(this.#best, latency);
    const before = this.#limit;
    if (rate > this.#last.rate * BETTER) {
      this.#limit = before + Math.max(1, Math.floor(before / 4));
      this.#still = 0;
    } else if (latency > this.#best * SLOWER) {
      this.#limit = Math.floor(before * 0.9);
      this.#still = 0;
    } else if (++this.#still >= PATIENCE) {
      this.#limit = before + 1;
      this.#still = 0;
    }
    this.#last = { rate, limit: before };
    this.#limit = Math.min(this.#most, Math.max(1, this.#limit));
  }
}
