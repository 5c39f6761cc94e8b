/** How a stream of inputs is prepared, sorted into buckets and run in batches. */
export interface BucketPlan<Input, Item, Output> {
  /** Makes inputs ready, several at a time; an output in place of an item ends that input's way. */
  prepare(input: Input): Promise<{ readonly item: Item } | { readonly output: Output }>;
  /** Items with the same key may share a batch. */
  keyOf(item: Item): string;
  /** Places an item takes in a batch. */
  sizeOf(item: Item): number;
  /** Places in a batch of this item's bucket; an item larger than that gets a batch of its own. */
  capacityOf(item: Item): number;
  /** Whether two neighbours of a bucket are better run in one batch; where more are to come a batch ends elsewhere if it can. */
  together?(one: Item, next: Item): boolean;
  /** Memory an item holds while it waits, in bytes. */
  bytesOf(item: Item): number;
  /** Runs a batch; results may be emitted at any time until it is done. */
  run(batch: readonly Item[], emit: (output: Output) => void, signal: AbortSignal): Promise<void>;
  /** Batches that run at the same time. */
  readonly lanes: number;
  /** Inputs, prepared or not, that may wait at the same time; and the bytes they may hold. */
  readonly window: { readonly items: number; readonly bytes: number };
}

/** Inputs that are prepared at the same time. */
const PREPARING = 8;

/** An idle lane waits this long for a fuller bucket, then takes what there is: an input may depend on an output. */
const PATIENCE_MS = 25;

/** A bucket that has been passed over this often goes next. */
const PASSED_OVER = 16;

interface Bucket<Item> {
  readonly items: Item[];
  size: number;
  readonly since: number;
}

/**
 * Runs a stream in batches of like items, looking ahead over a bounded window so that batches
 * are full. Pulls as there is room, yields every output as soon as it is there, and ends early,
 * what is finished being yielded, when `signal` aborts. An error of the source, of `prepare` or
 * of `run` stops everything and is thrown.
 */
export async function* runInBuckets<Input, Item, Output>(
  inputs: AsyncIterable<Input>,
  plan: BucketPlan<Input, Item, Output>,
  signal?: AbortSignal,
): AsyncGenerator<Output, void, undefined> {
  const flow = new BucketFlow(inputs, plan);
  const stop = (): void => flow.stop();
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) flow.stop();
  try {
    yield* flow.outputs();
  } finally {
    signal?.removeEventListener("abort", stop);
    flow.stop();
    await flow.settle();
  }
}

class BucketFlow<Input, Item, Output> {
  readonly #plan: BucketPlan<Input, Item, Output>;
  readonly #source: AsyncIterator<Input>;
  readonly #buckets = new Map<string, Bucket<Item>>();
  readonly #abort = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #finished: Output[] = [];
  #waiting = { items: 0, bytes: 0 };
  #preparing = 0;
  #pulling = false;
  #ended = false;
  #batches = 0;
  #patience: NodeJS.Timeout | undefined;
  #error: { readonly cause: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(inputs: AsyncIterable<Input>, plan: BucketPlan<Input, Item, Output>) {
    this.#plan = plan;
    this.#source = inputs[Symbol.asyncIterator]();
  }

  async *outputs(): AsyncGenerator<Output, void, undefined> {
    for (;;) {
      this.#advance();
      const awake = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      while (this.#finished.length > 0) yield this.#finished.shift() as Output;
      if (this.#error !== undefined) throw this.#error.cause;
      if (this.#abort.signal.aborted || this.#isDone()) return;
      await awake;
    }
  }

  stop(): void {
    if (this.#abort.signal.aborted) return;
    clearTimeout(this.#patience);
    this.#abort.abort();
    this.#wake();
  }

  /** Resolves when nothing of this flow runs any more. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#running);
    if (!this.#ended) void this.#source.return?.()?.catch(() => {});
  }

  #isDone(): boolean {
    return this.#ended && this.#preparing === 0 && this.#waiting.items === 0 && this.#running.size === 0;
  }

  #isFull(): boolean {
    const { items, bytes } = this.#plan.window;
    return this.#waiting.items + this.#preparing >= items || this.#waiting.bytes >= bytes;
  }

  /** Starts whatever may start now. */
  #advance(): void {
    if (this.#abort.signal.aborted || this.#error !== undefined) return;
    this.#pull();
    while (this.#running.size < this.#plan.lanes) {
      const key = this.#chooseBucket();
      if (key === undefined) break;
      this.#start(this.#take(key));
    }
    if (this.#running.size < this.#plan.lanes && this.#waiting.items > 0) this.#losePatience();
  }

  #pull(): void {
    if (this.#pulling || this.#ended || this.#preparing >= PREPARING || this.#isFull()) return;
    this.#pulling = true;
    this.#source.next().then(
      (next) => {
        this.#pulling = false;
        if (next.done) this.#ended = true;
        else this.#prepare(next.value);
        this.#changed();
      },
      (cause: unknown) => {
        this.#ended = true;
        this.#fail(cause);
      },
    );
  }

  #prepare(input: Input): void {
    this.#preparing++;
    this.#plan.prepare(input).then(
      (made) => {
        this.#preparing--;
        if ("output" in made) this.#finished.push(made.output);
        else this.#put(made.item);
        this.#changed();
      },
      (cause: unknown) => this.#fail(cause),
    );
  }

  #put(item: Item): void {
    const key = this.#plan.keyOf(item);
    const bucket = this.#buckets.get(key) ?? { items: [], size: 0, since: this.#batches };
    this.#buckets.set(key, bucket);
    bucket.items.push(item);
    bucket.size += this.#plan.sizeOf(item);
    this.#waiting.items++;
    this.#waiting.bytes += this.#plan.bytesOf(item);
  }

  /** The bucket to run now; `undefined` while a fuller one may still come. */
  #chooseBucket(patient = true): string | undefined {
    let fullest: { key: string; fill: number } | undefined;
    const noneToCome = (this.#ended && this.#preparing === 0) || this.#isFull();
    for (const [key, bucket] of this.#buckets) {
      const fill = bucket.size / this.#plan.capacityOf(bucket.items[0] as Item);
      if (this.#batches - bucket.since >= PASSED_OVER && noneToCome) return key;
      if (fullest === undefined || fill > fullest.fill) fullest = { key, fill };
    }
    if (fullest === undefined) return undefined;
    // Whether a batch may end here is told by what follows it.
    const full = this.#plan.together === undefined ? fullest.fill >= 1 : fullest.fill > 1;
    return !patient || noneToCome || full ? fullest.key : undefined;
  }

  /** As many items of a bucket, oldest first, as fit into a batch; at least one. */
  #take(key: string): Item[] {
    const bucket = this.#buckets.get(key) as Bucket<Item>;
    const capacity = this.#plan.capacityOf(bucket.items[0] as Item);
    let fitting = 0;
    let places = 0;
    for (const item of bucket.items) {
      places += this.#plan.sizeOf(item);
      if (fitting > 0 && places > capacity) break;
      fitting++;
    }
    const count = this.#endBetween(bucket.items, fitting);
    const batch = bucket.items.splice(0, count);
    bucket.size -= batch.reduce((sum, item) => sum + this.#plan.sizeOf(item), 0);
    this.#buckets.delete(key);
    this.#batches++;
    if (bucket.items.length > 0) this.#buckets.set(key, { ...bucket, since: this.#batches });
    this.#waiting.items -= count;
    this.#waiting.bytes -= batch.reduce((sum, item) => sum + this.#plan.bytesOf(item), 0);
    return batch;
  }

  /** The last place, at most `count`, at which a batch may end without parting what belongs together. */
  #endBetween(items: readonly Item[], count: number): number {
    const { together } = this.#plan;
    if (together === undefined || (count === items.length && this.#ended && this.#preparing === 0)) return count;
    const parts = (at: number): boolean => !together(items[at - 1] as Item, items[at] as Item);
    // Of the last ones more may be on their way.
    for (let at = Math.min(count, items.length - 1); at > 0; at--) if (parts(at)) return at;
    return count;
  }

  #start(batch: readonly Item[]): void {
    const emit = (output: Output): void => {
      this.#finished.push(output);
      this.#wake();
    };
    const running = this.#plan.run(batch, emit, this.#abort.signal).then(
      () => {
        this.#running.delete(running);
        this.#changed();
      },
      (cause: unknown) => {
        this.#running.delete(running);
        this.#fail(cause);
      },
    );
    this.#running.add(running);
  }

  #losePatience(): void {
    this.#patience ??= setTimeout(() => {
      this.#patience = undefined;
      const key = this.#running.size < this.#plan.lanes ? this.#chooseBucket(false) : undefined;
      if (key !== undefined && !this.#abort.signal.aborted) this.#start(this.#take(key));
      this.#changed();
    }, PATIENCE_MS);
  }

  #changed(): void {
    this.#advance();
    this.#wake();
  }

  #fail(cause: unknown): void {
    this.#error ??= { cause };
    this.stop();
    this.#wake();
  }
}
