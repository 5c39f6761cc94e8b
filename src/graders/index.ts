import type { Grader } from "./grader.ts";
import { HttpReward } from "./http-reward.ts";
import { type JudgeOptions, LlmJudge } from "./llm-judge.ts";
import { openModuleReward } from "./module-reward.ts";
import type { GradingPolicies } from "./policies.ts";
import { RuleGrader } from "./rule-grader.ts";

/** Which grader a run uses: the rules, the rules with a judge for free text, or a reward of one's own. */
export interface GraderOptions {
  readonly policies?: Partial<GradingPolicies>;
  /** For ground truths that no rule can grade. Off when absent. */
  readonly judge?: JudgeOptions;
}

/** Opens the grader by rules, with a judge where one is named; dispose of it when done. */
export function openGrader(options: GraderOptions = {}): Grader {
  const rules = new RuleGrader(options.policies);
  return options.judge === undefined ? rules : new LlmJudge(rules, options.judge);
}

/** Opens a reward of the user's own: an `http(s)` address, or the path of a module that exports `grade`. */
export async function openReward(source: string): Promise<Grader> {
  return /^https?:\/\//.test(source) ? new HttpReward(source) : openModuleReward(source);
}
