import { type DecisionCell, type FateCounts, fateOf } from "./count-decisions.ts";

/** More values than this are put together in bins. */
const VALUES = 21;

/** Samples with one value of D (to the nearest step). */
export interface DiscrepancyBin {
  /** In [−1, 1]. */
  readonly d: number;
  /** Samples whose D is known. */
  readonly exact: FateCounts;
  /** Samples whose text arm stopped early or was not needed: `d` is the largest D they can have. */
  readonly bounded: FateCounts;
}

export interface DifficultyBin {
  /** 1 − c₁/M, in [0, 1]. */
  readonly difficulty: number;
  readonly samples: FateCounts;
}

/** One cell of the c₁ × c₀ table; with many rollouts a cell covers `step` counts each way. */
export interface CountsCell {
  readonly correctImage: number;
  /** As far as the text arm was run; `null` where it was not. */
  readonly correctText: number | null;
  readonly samples: number;
  readonly selected: number;
}

export interface Distributions {
  readonly discrepancy: readonly DiscrepancyBin[];
  readonly difficulty: readonly DifficultyBin[];
  readonly counts: { readonly step: number; readonly cells: readonly CountsCell[] };
  /** Samples whose text arm was begun and stopped early. */
  readonly stoppedEarly: number;
}

/** The distributions of D, of difficulty and of the counts, over samples whose image arm is complete. */
export function distribute(cells: readonly DecisionCell[]): Distributions {
  const known = cells.filter((cell) => cell.complete);
  return {
    discrepancy: distributeDiscrepancy(known),
    difficulty: distributeDifficulty(known),
    counts: tabulateCounts(known),
    stoppedEarly: sum(known.filter(({ textTaken, m }) => textTaken > 0 && textTaken < m)),
  };
}

function distributeDiscrepancy(cells: readonly DecisionCell[]): DiscrepancyBin[] {
  const m = cells[0]?.m ?? 0;
  const steps = 2 * m + 1 <= VALUES ? m : 10;
  const bins: { d: number; exact: FateCounts; bounded: FateCounts }[] = [];
  for (let at = -steps; m > 0 && at <= steps; at++) bins.push({ d: at / steps, exact: none(), bounded: none() });
  for (const cell of cells) {
    const d = (cell.correctImage - (cell.correctText ?? 0)) / m;
    const bin = bins[Math.round(d * steps) + steps] as (typeof bins)[number];
    const kind = cell.textTaken === m ? "exact" : "bounded";
    bin[kind] = add(bin[kind], cell);
  }
  return bins;
}

function distributeDifficulty(cells: readonly DecisionCell[]): DifficultyBin[] {
  const m = cells[0]?.m ?? 0;
  const steps = m + 1 <= VALUES ? m : 20;
  const bins: { difficulty: number; samples: FateCounts }[] = [];
  for (let at = 0; m > 0 && at <= steps; at++) bins.push({ difficulty: at / steps, samples: none() });
  for (const cell of cells) {
    const bin = bins[Math.round((1 - cell.correctImage / m) * steps)] as (typeof bins)[number];
    bin.samples = add(bin.samples, cell);
  }
  return bins;
}

function tabulateCounts(cells: readonly DecisionCell[]): Distributions["counts"] {
  const m = cells[0]?.m ?? 0;
  const step = Math.ceil((m + 1) / VALUES);
  const floor = (correct: number): number => correct - (correct % step);
  const table = new Map<string, { -readonly [K in keyof CountsCell]: CountsCell[K] }>();
  for (const { correctImage, correctText, samples, selected } of cells) {
    const [c1, c0] = [floor(correctImage), correctText === null ? null : floor(correctText)];
    const cell = table.get(`${c1} ${c0}`) ?? { correctImage: c1, correctText: c0, samples: 0, selected: 0 };
    cell.samples += samples;
    if (selected) cell.selected += samples;
    table.set(`${c1} ${c0}`, cell);
  }
  return { step, cells: [...table.values()] };
}

function none(): FateCounts {
  return { kept: 0, replacement: 0, dropped: 0 };
}

function add(counts: FateCounts, cell: DecisionCell): FateCounts {
  const fate = fateOf(cell);
  return { ...counts, [fate]: counts[fate] + cell.samples };
}

function sum(cells: readonly DecisionCell[]): number {
  return cells.reduce((total, { samples }) => total + samples, 0);
}
