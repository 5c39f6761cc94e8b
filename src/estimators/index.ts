export { bestColumn, type ColumnOptions, columnScores, logPsi } from "./attention-confidence.ts";
export {
  causalDiscrepancy,
  chanceCorrectedDiscrepancy,
  chanceFactor,
  discrepancyBounds,
} from "./causal-discrepancy.ts";
export { newColumnScorer, type RowScorer } from "./column-scorer.ts";
export { combineHeads } from "./combine-heads.ts";
export { countsKey } from "./counts-key.ts";
export { difficulty } from "./difficulty.ts";
export { type GainInterval, newGainInterval } from "./gain-interval.ts";
export { type GainProbability, newGainProbability } from "./gain-probability.ts";
export { medianLogPsi } from "./median-log-psi.ts";
export { predictiveCounts } from "./predictive-counts.ts";
export { newSampleScorer, requiredGain, type ScoreSample } from "./score-sample.ts";
export { newVisualSignal, type VisualSignal } from "./visual-signal.ts";
