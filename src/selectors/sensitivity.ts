import type { SelectionOptions } from "../config.ts";
import type { Evidence, Sweep, SweepPoint } from "../records.ts";
import { isAttentionBiased } from "./ace-gate.ts";
import { newRules } from "./rules.ts";
import { type Sifted, sift } from "./sift.ts";

const LAMBDA_C = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const CONFIDENCE = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99];
/** Decades of ψ below the largest that are worth a threshold. */
const DECADES = 4;

/** What other thresholds of the two gates would keep. */
export interface Sensitivity {
  /** Over λ_c, or over the confidence where the gate is the posterior. */
  readonly cde: Sweep;
  /** Over λ_a; absent when ACE did not run, or nothing passed CDE. */
  readonly ace?: Sweep;
}

/**
 * Puts the samples through both gates again at other thresholds, one gate at a time. What is
 * kept is the size of the subset where there is no budget: DRM swaps one for one. Samples that
 * the evidence at hand does not decide there are counted as `open`. Deterministic.
 */
export function measureSensitivity(
  evidence: readonly Evidence[],
  options: SelectionOptions,
  attentionAvailable: boolean,
): Sensitivity {
  const chosen = sift(evidence, newRules(options), attentionAvailable);
  const option = options.gate === "difference" ? "lambdaC" : "confidence";
  const grid = option === "lambdaC" ? LAMBDA_C : CONFIDENCE;
  const points = withChosen(grid, options[option]).map((value) =>
    toPoint(value, sift(evidence, newRules({ ...options, [option]: value }), attentionAvailable)),
  );
  const ace = sweepLambdaA(chosen, options);
  return { cde: { option, chosen: options[option], points }, ...(ace && { ace }) };
}

function sweepLambdaA(
  { standings, logPsi, logLambdaA, aceRuns }: Sifted,
  { lambdaA }: SelectionOptions,
): Sweep | undefined {
  const survivors = logPsi.filter((_, i) => standings[i] === "kept" || standings[i] === "biased") as number[];
  if (!aceRuns || survivors.length === 0) return undefined;
  const open = standings.filter(isOpen).length;
  const chosen = typeof lambdaA === "number" ? lambdaA : Math.exp(logLambdaA);
  const points = withChosen(roundThresholds(survivors), chosen).map((value) => {
    const threshold = value === chosen ? logLambdaA : Math.log(value);
    return { value, kept: survivors.filter((one) => !isAttentionBiased(one, threshold)).length, open };
  });
  return { option: "lambdaA", chosen, points };
}

function toPoint(value: number, { standings }: Sifted): SweepPoint {
  return { value, kept: standings.filter((one) => one === "kept").length, open: standings.filter(isOpen).length };
}

function isOpen(standing: Sifted["standings"][number]): boolean {
  return standing === "undecided" || standing === "unattended" || standing === "unsampled";
}

/**
 * Thresholds that people would type, over the range of `sorted`: 1, 2, 5, 10, … where it spans
 * more than a decade, even steps where it does not.
 */
function roundThresholds(logPsi: readonly number[]): number[] {
  const sorted = Float64Array.from(logPsi, Math.exp).sort();
  const most = sorted.at(-1) as number;
  if (!(most > 0)) return [];
  const least = Math.max(sorted[Math.floor(sorted.length / 20)] as number, most / 10 ** DECADES);
  return most / least > 10 ? decadeSteps(least, most) : evenSteps(least, most);
}

function decadeSteps(least: number, most: number): number[] {
  const values: number[] = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power < most * 10; power++) {
    for (const digit of [1, 2, 5]) values.push(Number(`${digit}e${power}`));
  }
  const first = values.findLastIndex((value) => value <= least);
  const last = values.findIndex((value) => value >= most);
  return values.slice(Math.max(0, first), last + 1);
}

/** Up to a dozen multiples of 1, 2 or 5 of some power of ten. */
function evenSteps(least: number, most: number): number[] {
  const range = most - least || most;
  const power = Math.floor(Math.log10(range / 10));
  const width = [1, 2, 5, 10].map((digit) => Number(`${digit}e${power}`)).find((one) => range <= 10 * one) as number;
  const values: number[] = [];
  for (let at = Math.floor(least / width); (at - 1) * width < most; at++) {
    values.push(Number((at * width).toPrecision(6)));
  }
  return values;
}

function withChosen(grid: readonly number[], chosen: number): number[] {
  return [...new Set([...grid, chosen])].filter(Number.isFinite).sort((a, b) => a - b);
}
