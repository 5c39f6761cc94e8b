import { WinnowError } from "../errors.ts";
import type { Grader } from "./grader.ts";
import { openGrader, openReward } from "./index.ts";
import { gradeByLoggedScore, parseCorrectIff } from "./logged-score.ts";
import { parsePolicies } from "./policies.ts";

/** How responses are graded, as a configuration or flags say it. */
export interface GradingChoice {
  readonly policy?: string | undefined;
  readonly reward?: string | undefined;
  readonly judge?: string | undefined;
  readonly judgeModel?: string | undefined;
  readonly correctIff?: string | undefined;
}

/**
 * Opens the grader a configuration names. The judge's key is taken from the environment
 * variable WINNOW_JUDGE_API_KEY and from nowhere else; its verdicts are kept in `judgeCache`.
 */
export async function openConfiguredGrader(choice: GradingChoice, judgeCache?: string): Promise<Grader> {
  const rule = choice.correctIff === undefined ? undefined : parseCorrectIff(choice.correctIff);
  const grader = await openChosenGrader(choice, judgeCache);
  return rule === undefined ? grader : gradeByLoggedScore(grader, rule);
}

async function openChosenGrader(choice: GradingChoice, judgeCache?: string): Promise<Grader> {
  refuseCredentials("reward", choice.reward);
  refuseCredentials("judge", choice.judge);
  if (choice.reward !== undefined) return openReward(choice.reward);
  const policies = parsePolicies(choice.policy ?? "");
  if (choice.judge === undefined) return openGrader({ policies });
  if (choice.judgeModel === undefined)
    throw new WinnowError("usage", "`judge` needs the name of its model: `--judge-model`.");
  const apiKey = process.env.WINNOW_JUDGE_API_KEY;
  const judge = {
    url: choice.judge,
    model: choice.judgeModel,
    ...(apiKey !== undefined && { apiKey }),
    ...(judgeCache !== undefined && { cacheFile: judgeCache }),
  };
  return openGrader({ policies, judge });
}

/** An address is kept in `run.json`; a password in it would be too. */
function refuseCredentials(key: string, address: string | undefined): void {
  if (address === undefined || !URL.canParse(address)) return;
  const { username, password } = new URL(address);
  if (username !== "" || password !== "") {
    throw new WinnowError(
      "usage",
      `\`${key}\`: an address must not hold a user name or password; use WINNOW_JUDGE_API_KEY.`,
    );
  }
}
