import { expect, test } from "vitest";
import { type Server, ServerPool } from "../../../src/backends/openai/server-pool.ts";
import { newVirtualClock } from "../../virtual-clock.ts";

const URLS = ["http://a/v1", "http://b/v1", "http://c/v1"];
const SAMPLES = Array.from({ length: 300 }, (_, at) => `sample-${at}`);
const running = new AbortController().signal;

function newPool(urls: readonly string[] = URLS, clock = newVirtualClock()): ServerPool {
  const pool = new ServerPool(urls, { clock, random: () => 0.5, most: 64, patience: 60_000 });
  for (const server of pool.servers) server.checked = true;
  return pool;
}

async function acquire(pool: ServerPool, sampleId: string, avoid?: Server): Promise<Server> {
  return (await pool.acquire(sampleId, running, avoid)) as Server;
}

/** Where each sample goes when nothing else is under way. */
async function homes(pool: ServerPool): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const sample of SAMPLES) {
    const server = await acquire(pool, sample);
    found.set(sample, server.url);
    pool.release(server);
  }
  return found;
}

test("a sample keeps to its server, all servers have their share, and one that leaves takes along its own alone", async () => {
  const before = await homes(newPool());
  expect(await homes(newPool())).toEqual(before);
  for (const url of URLS) expect([...before.values()].filter((one) => one === url).length).toBeGreaterThan(60);
  const after = await homes(newPool(URLS.slice(0, 2)));
  for (const [sample, url] of before) if (url !== URLS[2]) expect(after.get(sample)).toBe(url);
});

test("a sample's server is passed over once it has three requests more under way than the idlest", async () => {
  const pool = newPool(URLS.slice(0, 2));
  const busy = await acquire(pool, "sample-0");
  for (let more = 0; more < 2; more += 1) expect(await acquire(pool, "sample-0")).toBe(busy);
  expect(await acquire(pool, "sample-0")).not.toBe(busy);
});

test("a server that cannot be reached rests, longer each time, and is tried with one request", async () => {
  const clock = newVirtualClock();
  const pool = newPool(URLS.slice(0, 2), clock);
  const [a, b] = pool.servers as [Server, Server];
  pool.fail(a, "refused", true);
  for (const sample of SAMPLES.slice(0, 4)) expect(await acquire(pool, sample)).toBe(b);
  const first = a.restUntil - clock.now();
  await clock.sleep(first);
  expect(await acquire(pool, "sample-4")).toBe(a);
  // It was gone, so its model's name has to be compared first: one request at a time.
  expect(await acquire(pool, "sample-4", b)).toBe(b);
  pool.release(a);
  pool.fail(a, "refused", true);
  expect(a.restUntil - clock.now()).toBeGreaterThan(first);
});

test("a server that is busy gets half as many at once, and none for as long as it says", async () => {
  const clock = newVirtualClock();
  const pool = newPool(["http://a/v1"], clock);
  const [a] = pool.servers as [Server];
  expect(pool.capacity).toBe(8);
  pool.slowDown(a, "status 429", 30_000);
  expect(a.limit.value).toBe(4);
  const began = clock.now();
  await acquire(pool, "sample-0");
  expect(clock.now() - began).toBeGreaterThanOrEqual(30_000);
});

test("whoever waits for a server gets none once the run is stopped", async () => {
  const pool = newPool(["http://a/v1"]);
  for (let at = 0; at < 8; at += 1) await acquire(pool, "sample-0");
  const stop = new AbortController();
  const waiting = pool.acquire("sample-0", stop.signal);
  stop.abort();
  expect(await waiting).toBeUndefined();
});
