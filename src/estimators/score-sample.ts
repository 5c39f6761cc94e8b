import type { SelectionOptions } from "../config.ts";
import { remember } from "../lib/remember.ts";
import type { Evidence, Score } from "../records.ts";
import { chanceCorrectedDiscrepancy, chanceFactor, discrepancyBounds } from "./causal-discrepancy.ts";
import { countsKey } from "./counts-key.ts";
import { difficulty } from "./difficulty.ts";
import { type GainInterval, newGainInterval } from "./gain-interval.ts";
import { type GainProbability, newGainProbability } from "./gain-probability.ts";
import { medianLogPsi } from "./median-log-psi.ts";

/** Estimates one sample; ψ is absent when `attentionAvailable` is false. */
export type ScoreSample = (evidence: Evidence, attentionAvailable: boolean) => Score;

type Gain = Required<Pick<Score, "gainProbability" | "gainLow" | "gainHigh">>;

/** The gain that matters to a sample, corrected for chance in preset `robust`: `minGain · (1 − 1/q)`. */
export function requiredGain(options: SelectionOptions, choices: number | undefined): number {
  return options.preset === "robust" ? options.minGain * chanceFactor(choices) : options.minGain;
}

/** Estimates samples one by one; what the same counts give is computed once. */
export function newSampleScorer(options: SelectionOptions): ScoreSample {
  const probabilities = new Map<string, GainProbability>();
  const intervals = new Map<number, GainInterval>();
  const gains = new Map<number, Gain>();

  const estimateGain = ({ m, image, text, options: choices }: Evidence): Gain => {
    const required = requiredGain(options, choices);
    const probability = remember(probabilities, `${m} ${required}`, () => newGainProbability(m, required));
    const { low, high } = remember(intervals, m, () => newGainInterval(m))(image.correct, text.correct, text.taken);
    return {
      gainProbability: probability(image.correct, text.correct, text.taken),
      gainLow: low,
      gainHigh: high,
    };
  };

  return (evidence, attentionAvailable) => {
    const { sampleId, m, image, text, options: choices } = evidence;
    const logPsi = attentionAvailable ? medianLogPsi(evidence.logPsi) : undefined;
    const score: Score = {
      sampleId,
      m,
      correctImage: image.correct,
      imageTaken: image.taken,
      ...(text.taken > 0 && { correctText: text.correct }),
      textTaken: text.taken,
      ...(logPsi !== undefined && { psi: Math.exp(logPsi) }),
    };
    if (image.taken < m) return score;
    const d = discrepancyBounds(image.correct, text, m);
    return {
      ...score,
      d: d.max,
      dMin: d.min,
      ...(chanceFactor(choices) < 1 && { dChance: chanceCorrectedDiscrepancy(d.max, choices) }),
      ...(text.taken > 0 &&
        remember(gains, countsKey(m, image.correct, text.correct, text.taken, choices ?? 0), () =>
          estimateGain(evidence),
        )),
      difficulty: difficulty(image.correct, m),
    };
  };
}
