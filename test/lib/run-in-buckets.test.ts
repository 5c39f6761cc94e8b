import fc from "fast-check";
import { expect, test } from "vitest";
import { type BucketPlan, runInBuckets } from "../../src/lib/run-in-buckets.ts";

interface Log {
  readonly batches: string[][];
  running: number;
  mostRunning: number;
  waiting: number;
  mostWaiting: number;
}

/** Words sorted by length, in batches of four; `refuse` words come back at once. */
function newPlan(log: Log, capacity = 4, window = 16): BucketPlan<string, string, string> {
  return {
    prepare: async (word) => {
      log.waiting++;
      log.mostWaiting = Math.max(log.mostWaiting, log.waiting);
      return word === "refuse" ? { output: "refused" } : { item: word };
    },
    keyOf: (word) => String(word.length),
    sizeOf: () => 1,
    capacityOf: () => capacity,
    bytesOf: () => 1,
    lanes: 2,
    window: { items: window, bytes: 1000 },
    run: async (batch, emit) => {
      log.batches.push([...batch]);
      log.waiting -= batch.length;
      log.running++;
      log.mostRunning = Math.max(log.mostRunning, log.running);
      await new Promise((resolve) => setImmediate(resolve));
      for (const word of batch) emit(word.toUpperCase());
      log.running--;
    },
  };
}

const newLog = (): Log => ({ batches: [], running: 0, mostRunning: 0, waiting: 0, mostWaiting: 0 });

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function collect<T>(outputs: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const output of outputs) all.push(output);
  return all;
}

test("every input comes out once, in batches of its own kind, within capacity, window and lanes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("a", "b", "cc", "dd", "eee", "ffff"), { maxLength: 60 }),
      async (words) => {
        const log = newLog();
        const outputs = await collect(runInBuckets(stream(words), newPlan(log)));
        expect(outputs.sort()).toEqual(words.map((word) => word.toUpperCase()).sort());
        for (const batch of log.batches) {
          expect(batch.length).toBeLessThanOrEqual(4);
          expect(new Set(batch.map((word) => word.length)).size).toBe(1);
        }
        expect(log.mostRunning).toBeLessThanOrEqual(2);
        expect(log.mostWaiting).toBeLessThanOrEqual(16);
      },
    ),
    { numRuns: 40 },
  );
});

test("batches are full while the window allows it", async () => {
  const log = newLog();
  const words = Array.from({ length: 64 }, (_, at) => "x".repeat(1 + (at % 3)));
  await collect(runInBuckets(stream(words), newPlan(log)));
  expect(log.batches.filter((batch) => batch.length === 4).length).toBeGreaterThanOrEqual(12);
});

test("what belongs together is parted only where it is larger than a batch", async () => {
  const batchesOf = async (words: readonly string[], capacity: number): Promise<string[]> => {
    const log = newLog();
    const plan = { ...newPlan(log, capacity), lanes: 1, together: (one: string, next: string) => one === next };
    const outputs = await collect(runInBuckets(stream(words), plan));
    expect(outputs).toHaveLength(words.length);
    return log.batches.map((batch) => batch.join(""));
  };
  expect(await batchesOf([..."aaabbbcccddd"], 6)).toEqual(["aaabbb", "cccddd"]);
  expect(await batchesOf([..."aaabbbcccddd"], 7)).toEqual(["aaabbb", "cccddd"]);
  expect(await batchesOf([..."aaaaabc"], 4)).toEqual(["aaaa", "abc"]);
});

test("an item larger than a batch gets a batch of its own", async () => {
  const log = newLog();
  const plan = { ...newPlan(log), sizeOf: () => 10 };
  await collect(runInBuckets(stream(["a", "b"]), plan));
  expect(log.batches).toEqual([["a"], ["b"]]);
});

test("an output of the preparation comes through without a batch", async () => {
  const log = newLog();
  expect(await collect(runInBuckets(stream(["refuse"]), newPlan(log)))).toEqual(["refused"]);
  expect(log.batches).toEqual([]);
});

test("errors of the source, of a preparation and of a batch are thrown", async () => {
  async function* broken(): AsyncGenerator<string> {
    yield "a";
    throw new Error("source");
  }
  const fail = (what: string) => async (): Promise<never> => {
    throw new Error(what);
  };
  const plan = newPlan(newLog());
  await expect(collect(runInBuckets(broken(), plan))).rejects.toThrow("source");
  await expect(collect(runInBuckets(stream(["a"]), { ...plan, prepare: fail("prepare") }))).rejects.toThrow("prepare");
  await expect(collect(runInBuckets(stream(["a"]), { ...plan, run: fail("run") }))).rejects.toThrow("run");
});

test("a signal that has aborted before the start pulls nothing", async () => {
  let pulled = 0;
  async function* counting(): AsyncGenerator<string> {
    pulled++;
    yield "a";
  }
  expect(await collect(runInBuckets(counting(), newPlan(newLog()), AbortSignal.abort()))).toEqual([]);
  expect(pulled).toBe(0);
});
