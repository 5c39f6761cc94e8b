/** Winnow's public API: the same steps as the command line, with types. */
export type {
  AttentionRefusal,
  AttentionRequest,
  AttentionSource,
  ColumnScorer,
  ColumnScoring,
} from "./attention/attention-source.ts";
export { openFileAttention, openOnnxAttention, openWorkerAttention, type WorkerOptions } from "./attention/index.ts";
export type { Backend, RolloutRequest, RolloutResult, Sampling } from "./backends/backend.ts";
export { type OpenaiBackendOptions, openOnnxBackend, openOpenaiBackend } from "./backends/index.ts";
export {
  type Config,
  type ConfigInput,
  type MethodName,
  type PsiOptions,
  parseConfig,
  resolveSelection,
  type SelectionOptions,
} from "./config.ts";
export { type ErrorCode, WinnowError } from "./errors.ts";
export {
  causalDiscrepancy,
  columnScores,
  difficulty,
  logPsi,
  newColumnScorer,
  newGainProbability,
  newVisualSignal,
} from "./estimators/index.ts";
export type { Dataset, FieldNames, ReadItem, RowSelection, WrittenSubset } from "./formats/format.ts";
export { type DatasetOptions, openDataset } from "./formats/index.ts";
export { formatReward } from "./graders/format-reward.ts";
export type { GradeRequest, Grader, GroundTruthCheck } from "./graders/grader.ts";
export { type GraderOptions, openGrader, openReward } from "./graders/index.ts";
export type { JudgeOptions } from "./graders/llm-judge.ts";
export { DEFAULT_POLICIES, type GradingPolicies } from "./graders/policies.ts";
export type { HubOrigin } from "./hub/fetch-dataset.ts";
export { type PipelineOptions, runPipeline, type Until } from "./pipeline.ts";
export { buildImagePrompt, buildTextPrompt } from "./prompts/build-prompt.ts";
export type {
  Arm,
  ArmCounts,
  Attention,
  Decision,
  DecisionReason,
  Evidence,
  Grade,
  Prompt,
  PromptPart,
  Psi,
  RejectedRow,
  Rollout,
  Sample,
  SampleImage,
  Score,
  SourceRow,
  TakenRollout,
  Verdict,
} from "./records.ts";
export { type Comparison, compareRuns } from "./report/compare-runs.ts";
export { renderReport } from "./report/render-report.ts";
export { type RunSummary, summariseRun } from "./report/summarise-run.ts";
export type { Manifest } from "./runs/manifest.ts";
export { newSelector } from "./selectors/index.ts";
export type { Choice, Need, Protocol, Selector, Want } from "./selectors/selector.ts";
export type { WhichSamples } from "./stages/choose-samples.ts";
export { type DatasetExportOptions, type ExportedDataset, exportDataset } from "./stages/export-dataset.ts";
export { type ExportOptions, type ExportReport, exportRequests } from "./stages/export-requests.ts";
export { type ImportOptions, type ImportReport, importRollouts } from "./stages/import-rollouts.ts";
export type { Progress, StageName } from "./stages/progress.ts";
