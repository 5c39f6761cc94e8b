import { expect, test } from "vitest";
import { ConcurrencyLimit } from "../../../src/backends/openai/concurrency-limit.ts";

/** Plays a server that does `capacity` requests at once, each in a second of 100 tokens, and queues the rest. */
function play(limit: ConcurrencyLimit, capacity: number, seconds: number, from = 0): number {
  let now = from;
  for (let second = 0; second < seconds; second += 1) {
    const started = limit.value;
    for (let at = 0; at < started; at += 1) limit.start(now, at);
    const rounds = Math.ceil(started / capacity);
    for (let at = 0; at < started; at += 1) {
      const round = Math.floor(at / capacity) + 1;
      limit.finish({ now: now + round * 1000, latency: round * 1000, tokens: 100 });
    }
    now += rounds * 1000;
  }
  return now;
}

test("the limit climbs while throughput grows, and stays near what the server can do", () => {
  const limit = new ConcurrencyLimit(1000);
  play(limit, 64, 60);
  expect(limit.value).toBeGreaterThanOrEqual(48);
  expect(limit.value).toBeLessThanOrEqual(160);
});

test("it never passes its ceiling, nor falls below one", () => {
  const limit = new ConcurrencyLimit(12);
  play(limit, 1000, 40);
  expect(limit.value).toBe(12);
  for (let at = 0; at < 10; at += 1) limit.halve(0);
  expect(limit.value).toBe(1);
});

test("an overloaded server gets half as many, and recovers", () => {
  const limit = new ConcurrencyLimit(1000);
  const now = play(limit, 64, 40);
  const before = limit.value;
  limit.halve(now);
  expect(limit.value).toBe(Math.floor(before / 2));
  play(limit, 64, 40, now);
  expect(limit.value).toBeGreaterThan(before / 2);
});

test("it does not grow where requests never fill it", () => {
  const limit = new ConcurrencyLimit(1000);
  for (let at = 0; at < 100; at += 1) {
    limit.start(at * 1000, 0);
    limit.finish({ now: at * 1000 + 900, latency: 900, tokens: 100 * at });
  }
  expect(limit.value).toBe(8);
});
