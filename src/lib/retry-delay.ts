/** First and longest wait of a retry, in milliseconds. */
const FIRST = 500;
const LONGEST = 60_000;

/**
 * Milliseconds to wait before try number `attempt` + 1 (`attempt` ≥ 1 have failed): exponential,
 * with jitter, so that those who failed together do not come back together. `random` gives
 * numbers in [0, 1).
 */
export function retryDelay(attempt: number, random: () => number): number {
  const ceiling = Math.min(LONGEST, FIRST * 2 ** (attempt - 1));
  return ceiling * (0.5 + random() / 2);
}
