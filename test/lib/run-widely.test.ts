import { expect, test } from "vitest";
import { runWidely } from "../../src/lib/run-widely.ts";

async function* count(to: number): AsyncGenerator<number> {
  for (let at = 0; at < to; at += 1) yield at;
}

test("as many inputs are worked on together as there is room for", async () => {
  let active = 0;
  let most = 0;
  const outputs: number[] = [];
  const run = {
    hasRoom: (busy: number) => busy < 3,
    work: async (input: number, emit: (output: number) => void) => {
      active += 1;
      most = Math.max(most, active);
      await new Promise((resolve) => setImmediate(resolve));
      active -= 1;
      emit(input * 2);
    },
  };
  for await (const output of runWidely(count(20), run)) outputs.push(output);
  expect(outputs.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at * 2));
  expect(most).toBe(3);
});

test("an error of the work stops everything and is thrown, others being told", async () => {
  let told = 0;
  const run = {
    hasRoom: () => true,
    work: async (input: number, _emit: (output: number) => void, signal: AbortSignal) => {
      if (input === 2) throw new Error("broken");
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      told += 1;
    },
  };
  const drain = async (): Promise<void> => {
    for await (const _ of runWidely(count(5), run));
  };
  await expect(drain()).rejects.toThrow("broken");
  expect(told).toBeGreaterThanOrEqual(2);
});
