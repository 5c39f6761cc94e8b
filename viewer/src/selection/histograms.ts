import type { EvidenceTable } from "../../../src/view/evidence-columns.ts";
import type { Selection } from "./reselect.ts";
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

const PSI_BARS = 30;
/** ψ below 10 to this is drawn in the first bar. */
const LOG_PSI_FLOOR = -12;

/** How D, ψ and difficulty are distributed, selected samples apart from the others. */
export function countHistograms(table: EvidenceTable, scores: Scores, { selected }: Selection): Histograms {
  const { m, samples } = table;
  const d = newBars(2 * m + 1, -1 - 0.5 / m, 1 / m);
  const difficulty = newBars(m + 1, -0.5 / m, 1 / m);
  const [low, high] = rangeOfPsi(scores.psi);
  const psi = newBars(PSI_BARS, low, (high - low) / PSI_BARS);
  for (let place = 0; place < samples; place++) {
    const chosen = selected[place] === 1;
    const gain = scores.d[place]!;
    if (!Number.isNaN(gain)) {
      add(d, Math.round((gain + 1) * m), chosen ? "selected" : scores.exact[place] === 1 ? "dropped" : "bounded");
      add(difficulty, Math.round(scores.difficulty[place]! * m), chosen ? "selected" : "dropped");
    }
    const measured = scores.psi[place]!;
    if (Number.isNaN(measured)) continue;
    const at = Math.floor(((logTen(measured) - low) / (high - low)) * PSI_BARS);
    add(psi, Math.min(PSI_BARS - 1, Math.max(0, at)), chosen ? "selected" : "dropped");
  }
  return { d, psi, difficulty };
}

type Part = "selected" | "dropped" | "bounded";
type Growing = { -readonly [K in keyof Bar]: Bar[K] };

function newBars(count: number, from: number, width: number): Growing[] {
  return Array.from({ length: count }, (_, at) => ({
    from: from + at * width,
    to: from + (at + 1) * width,
    selected: 0,
    dropped: 0,
    bounded: 0,
  }));
}

function add(bars: readonly Growing[], at: number, part: Part): void {
  const bar = bars[at];
  if (bar !== undefined) bar[part] += 1;
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
