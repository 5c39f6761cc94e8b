import type { Grader } from "./grader.ts";
import type { GradingPolicies } from "./policies.ts";
import { RuleGrader } from "./rule-grader.ts";

export interface GraderOptions {
  readonly policies?: Partial<GradingPolicies>;
}

/** Opens the grader that a run uses; dispose of it when done. */
export function openGrader(options: GraderOptions = {}): Grader {
  return new RuleGrader(options.policies);
}
