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

type Draft = { -readonly [Key in keyof Score]: Score[Key] };

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
    // Filled in place: spreading records into new ones took most of the time of a large selection.
    const score: Draft = { sampleId, m, correctImage: image.correct, imageTaken: image.taken, textTaken: text.taken };
    if (text.taken > 0) score.correctText = text.correct;
    if (logPsi !== undefined) score.psi = Math.exp(logPsi);
    if (image.taken < m) return score;
    const d = discrepancyBounds(image.correct, text, m);
    score.d = d.max;
    score.dMin = d.min;
    if (chanceFactor(choices) < 1) score.dChance = chanceCorrectedDiscrepancy(d.max, choices);
    if (text.taken > 0) {
      const key = countsKey(m, image.correct, text.correct, text.taken, choices ?? 0);
      const gain = remember(gains, key, () => estimateGain(evidence));
      score.gainProbability = gain.gainProbability;
      score.gainLow = gain.gainLow;
      score.gainHigh = gain.gainHigh;
    }
    score.difficulty = difficulty(image.correct, m);
    return score;
  };
}
