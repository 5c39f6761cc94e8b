import type { Clock } from "../src/lib/clock.ts";

/** A clock whose time jumps to the next sleeper as soon as nothing else is going on. */
export function newVirtualClock(): Clock {
  let time = 0;
  let jumping = false;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  const jump = async (): Promise<void> => {
    if (jumping) return;
    jumping = true;
    while (sleepers.size > 0) {
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const [next] = [...sleepers].sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      time = Math.max(time, next.at);
      next.wake();
    }
    jumping = false;
  };
  return {
    now: () => time,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = { at: time + ms, wake: () => finish() };
        const finish = (): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", finish);
          resolve();
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", finish, { once: true });
        void jump();
      }),
  };
}
