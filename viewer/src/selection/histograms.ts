import type { Scores } from "./scores.ts";

/** One bar of a histogram, in the parts it is stacked of. */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly selected: number;
  readonly dropped: number;
  /** Dropped, with D known only to be at most this; 0 for other scores. */
  readonly bounded: number;
}

export interface Histograms {
  readonly d: readonly Bar[];
  /** Over log₁₀ ψ; of the samples whose attention was measured. */
  readonly psi: readonly Bar[];
  readonly difficulty: readonly Bar[];
}

/** How D, ψ and difficulty are distributed, selected samples (1 at their place) apart from the others. */
export type CountHistograms = (selected: Uint8Array) => Histograms;

const PSI_BARS = 30;
/** ψ below 10 to this is drawn in the first bar. */
const LOG_PSI_FLOOR = -12;

/** Finds every sample's bars once; each selection then only counts them. */
export function newHistograms(m: number, scores: Scores): CountHistograms {
  const [low, high] = rangeOfPsi(scores.psi);
  const d = newAxis(scores.d, -1 - 0.5 / m, 1 / m, 2 * m + 1);
  const psi = newAxis(scores.psi.map(logTen), low, (high - low) / PSI_BARS, PSI_BARS);
  const difficulty = newAxis(scores.difficulty, -0.5 / m, 1 / m, m + 1);
  return (selected) => ({
    d: d.count(selected, scores.exact),
    psi: psi.count(selected),
    difficulty: difficulty.count(selected),
  });
}

/** Bars of one width over one score; values beyond the ends are in the bars there, NaN in none. */
function newAxis(
  values: Float64Array,
  from: number,
  width: number,
  bars: number,
): { count(selected: Uint8Array, exact?: Uint8Array): Bar[] } {
  const none = bars;
  const barOf = Uint16Array.from(values, (value) =>
    Number.isNaN(value) ? none : Math.min(bars - 1, Math.max(0, Math.floor((value - from) / width))),
  );
  return {
    count(selected, exact) {
      const counts = { selected: new Uint32Array(bars + 1), dropped: new Uint32Array(bars + 1) };
      const bounded = new Uint32Array(bars + 1);
      for (let place = 0; place < barOf.length; place++) {
        const part = selected[place] === 1 ? counts.selected : exact?.[place] === 0 ? bounded : counts.dropped;
        part[barOf[place]!]! += 1;
      }
      return Array.from({ length: bars }, (_, at) => ({
        from: from + at * width,
        to: from + (at + 1) * width,
        selected: counts.selected[at]!,
        dropped: counts.dropped[at]!,
        bounded: bounded[at]!,
      }));
    },
  };
}

function rangeOfPsi(psi: Float64Array): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of psi) {
    if (Number.isNaN(value)) continue;
    low = Math.min(low, logTen(value));
    high = Math.max(high, logTen(value));
  }
  return low < high ? [Math.floor(low), Math.ceil(high + 1e-9)] : [-4, 0];
}

function logTen(psi: number): number {
  return Math.max(LOG_PSI_FLOOR, Math.log10(psi));
}
