import type { LogContext, LoggedResponse, LogRecord } from "./log-layout.ts";
import { known, readNumber, readPrompt, readScore, readStepOf, readText } from "./read-field.ts";

const NOT_REWARDS = new Set(["step", "gen_step", "advantage", "advantages", "entropy", "prompt", "completion"]);

/** Whether a record holds columns: a lone completion may be a list too, but of chat messages. */
export function isColumnar({ prompt, completion }: LogRecord): boolean {
  const isColumn = (value: unknown): boolean =>
    Array.isArray(value) && (typeof value[0] === "string" || Array.isArray(value[0]));
  return isColumn(prompt) && isColumn(completion);
}

/** What TRL and ms-swift say of one completion; the score is that of an accuracy reward where there is one. */
export function readCompletionRow(record: LogRecord, context: LogContext): Omit<LoggedResponse, "ids"> {
  const rewards = Object.keys(record).filter((name) => !NOT_REWARDS.has(name));
  const sorted = [...rewards.filter((name) => /acc/i.test(name)), ...rewards.filter((name) => /reward/i.test(name))];
  return known({
    prompt: readPrompt(record.prompt),
    groundTruth: readText(record.solution ?? record.ground_truth ?? record.answer),
    response: readPrompt(record.completion),
    score: readScore(record, context, sorted),
    step: readNumber(record.step ?? record.gen_step) ?? readStepOf(context.file),
  });
}
