import { remember } from "../lib/remember.ts";
import { countsKey } from "./counts-key.ts";
import { type GainProbability, newGainProbability } from "./gain-probability.ts";

/** Ends are on this grid: 200 steps from −1 to 1. */
const STEPS_PER_UNIT = 100;

/** Interval of p₁ − p₀ from `c1` of M right with the image and `c0` of `taken` right without. */
export type GainInterval = (c1: number, c0: number, taken: number) => { readonly low: number; readonly high: number };

/**
 * Equal-tailed credible interval of the gain p₁ − p₀, with Beta(1,1) priors on both rates.
 *
 *     low  = max { g : P(p₁ − p₀ > g) ≥ (1 + level) / 2 }
 *     high = min { g : P(p₁ − p₀ > g) ≤ (1 − level) / 2 },      g on the grid −1, −0.99, … 1
 *
 * Rounded outwards to the grid, so it holds at least `level` (in (0, 1)) of the posterior.
 */
export function newGainInterval(m: number, level = 0.9): GainInterval {
  const exceed = new Map<number, GainProbability>();
  const known = new Map<number, { low: number; high: number }>();

  const probabilityAbove = (step: number, c1: number, c0: number, taken: number): number => {
    return remember(exceed, step, () => newGainProbability(m, step / STEPS_PER_UNIT))(c1, c0, taken);
  };

  const estimate = (c1: number, c0: number, taken: number): { low: number; high: number } => {
    const firstStep = (holds: (probability: number) => boolean): number =>
      bisect(-STEPS_PER_UNIT, STEPS_PER_UNIT, (step) => holds(probabilityAbove(step, c1, c0, taken)));
    const beyondLow = firstStep((probability) => probability < (1 + level) / 2);
    const high = firstStep((probability) => probability <= (1 - level) / 2);
    return { low: Math.max(-1, (beyondLow - 1) / STEPS_PER_UNIT), high: high / STEPS_PER_UNIT };
  };

  return (c1, c0, taken) => remember(known, countsKey(c1, c0, taken), () => estimate(c1, c0, taken));
}

/** The smallest step in [from, to] from which on `holds` is true; `to` when it never is. */
function bisect(from: number, to: number, holds: (step: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
