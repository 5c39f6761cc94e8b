import { setMaxListeners } from "node:events";
import { WinnowError } from "../../errors.ts";
import type { Clock } from "../../lib/clock.ts";
import { hashText } from "../../lib/hash-text.ts";
import { retryDelay } from "../../lib/retry-delay.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
import { type Dialect, newDialect } from "./dialect.ts";

/** One server of the fleet, and how it is doing. */
export interface Server {
  /** Base address up to and including `/v1`, without secrets. */
  readonly url: string;
  readonly dialect: Dialect;
  readonly limit: ConcurrencyLimit;
  inFlight: number;
  /** Not asked before this moment. */
  restUntil: number;
  /** Failures since its last success; after `TRUST` of them it gets one request at a time. */
  failures: number;
  /** Rests since its last success; each is longer than the one before. */
  rests: number;
  /** Whether its model's name has been compared; undone when it was gone. */
  checked: boolean;
  /** Whether it has returned several different responses to one request. */
  varied: boolean;
}

export interface PoolOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Requests in flight per server at most. */
  readonly most: number;
  /** Milliseconds without any success, failures in between, after which the run stops. */
  readonly patience: number;
}

const TRUST = 3;
/** Requests by which a sample's own server may be busier than the idlest one before it is passed over. */
const SLACK = 2;
/** Failures without a success that `patience` needs to count. */
const ENOUGH = 5;

/**
 * The servers and who is asked next: a sample keeps to its own server as long as that is not
 * much busier than the others (its caches know the prompt), a failing server rests and is tried
 * again with one request.
 */
export class ServerPool {
  readonly servers: readonly Server[];
  readonly #options: PoolOptions;
  readonly #closing = new AbortController();
  #waiters: (() => void)[] = [];
  #failures = 0;
  #failingSince = 0;
  #successes = 0;

  constructor(urls: readonly string[], options: PoolOptions) {
    this.#options = options;
    setMaxListeners(0, this.#closing.signal);
    this.servers = urls.map((url) => ({
      url,
      dialect: newDialect(),
      limit: new ConcurrencyLimit(options.most),
      inFlight: 0,
      restUntil: 0,
      failures: 0,
      rests: 0,
      checked: false,
      varied: false,
    }));
  }

  /** Requests that may be under way together now; at least one. */
  get capacity(): number {
    const now = this.#options.clock.now();
    return Math.max(
      1,
      this.servers.reduce((sum, server) => sum + (now < server.restUntil ? 0 : roomOf(server)), 0),
    );
  }

  /** Requests that have succeeded so far. */
  get successes(): number {
    return this.#successes;
  }

  /** A server with room for this sample, `avoid` only if there is no other; waits for one. Absent when aborted. */
  async acquire(sampleId: string, signal: AbortSignal, avoid?: Server): Promise<Server | undefined> {
    const onAbort = (): void => this.#wake();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      while (!signal.aborted) {
        const server = this.#pick(sampleId, avoid);
        if (server !== undefined) {
          server.limit.start(this.#options.clock.now(), server.inFlight);
          server.inFlight += 1;
          return server;
        }
        await new Promise<void>((resolve) => this.#waiters.push(resolve));
      }
      return undefined;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  release(server: Server): void {
    server.inFlight -= 1;
    this.#wake();
  }

  succeed(server: Server, latency: number, tokens: number): void {
    server.failures = 0;
    server.rests = 0;
    this.#failures = 0;
    this.#successes += 1;
    server.limit.finish({ now: this.#options.clock.now(), latency, tokens });
  }

  /** Notes a failure; `gone`: the server cannot be reached at all. Throws when nothing has succeeded for too long. */
  fail(server: Server, reason: string, gone = false): void {
    if (gone) server.checked = false;
    // What was under way when it broke down fails together, and is one breakdown.
    if (!this.#isResting(server)) {
      server.failures += 1;
      if (gone || server.failures >= TRUST) this.#rest(server);
    }
    this.#countFailure(server, reason);
  }

  /** The server has too much to do: fewer requests, and none for `wait` milliseconds. */
  slowDown(server: Server, reason: string, wait?: number): void {
    if (!this.#isResting(server)) {
      server.limit.halve(this.#options.clock.now());
      this.#rest(server, wait);
    }
    this.#countFailure(server, reason);
  }

  close(): void {
    this.#closing.abort();
    this.#wake();
  }

  #pick(sampleId: string, avoid: Server | undefined): Server | undefined {
    const now = this.#options.clock.now();
    const free = this.servers.filter((server) => now >= server.restUntil && server.inFlight < roomOf(server));
    const others = free.filter((server) => server !== avoid);
    const usable = others.length > 0 ? others : free;
    const fewest = Math.min(...usable.map((server) => server.inFlight));
    const near = usable.filter((server) => server.inFlight <= fewest + SLACK);
    return near.length < 2 ? near[0] : near.reduce((a, b) => (affinity(a, sampleId) >= affinity(b, sampleId) ? a : b));
  }

  #isResting(server: Server): boolean {
    return this.#options.clock.now() < server.restUntil;
  }

  #rest(server: Server, asked?: number): void {
    const { clock, random } = this.#options;
    server.rests += 1;
    const wait = asked ?? retryDelay(server.rests, random);
    server.restUntil = clock.now() + wait;
    void clock.sleep(wait, this.#closing.signal).then(() => this.#wake());
  }

  #countFailure(server: Server, reason: string): void {
    const now = this.#options.clock.now();
    if (this.#failures === 0) this.#failingSince = now;
    this.#failures += 1;
    const waited = now - this.#failingSince;
    if (this.#failures < ENOUGH || waited < this.#options.patience) return;
    throw new WinnowError(
      "model",
      `No server has answered a request for ${Math.round(waited / 1000)} s; ${server.url} said last: ${reason}. ` +
        "Finished rollouts are kept: mend the server and run the same command again.",
    );
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

function roomOf(server: Server): number {
  return server.failures >= TRUST || !server.checked ? 1 : server.limit.value;
}

/** Rendezvous hashing: the same server for a sample, whichever others are there. */
function affinity(server: Server, sampleId: string): string {
  return hashText(`${server.url} ${sampleId}`, 16);
}
