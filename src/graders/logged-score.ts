import { WinnowError } from "../errors.ts";
import type { Grader } from "./grader.ts";

/** When a logged score means that the response is right. */
export interface CorrectIff {
  /** Field of the log that holds the score; dots lead into objects. */
  readonly field: string;
  readonly relation: ">=" | "<=" | ">" | "<" | "=";
  readonly limit: number;
}

const RULE = /^\s*([A-Za-z_][\w./-]*)\s*(>=|<=|==|=|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*$/i;

/** Reads a rule such as `score >= 1`: one field, one relation, one number. Throws `WinnowError("usage")`. */
export function parseCorrectIff(text: string): CorrectIff {
  const [, field, relation, limit] = RULE.exec(text) ?? [];
  if (field === undefined) {
    throw new WinnowError(
      "usage",
      `\`--correct-iff\`: expected a field, one of >= <= > < ==, and a number, such as 'reward >= 1'; found \`${text}\`.`,
    );
  }
  return { field, relation: (relation === "==" ? "=" : relation) as CorrectIff["relation"], limit: Number(limit) };
}

/**
 * Grades what has a logged score by that score alone, and everything else with `grader`. A
 * ground truth that no rule can grade is no obstacle then.
 */
export function gradeByLoggedScore(grader: Grader, rule: CorrectIff): Grader {
  const name = `${rule.field} ${rule.relation} ${rule.limit}`;
  return {
    name: `${grader.name}, logged ${name}`,
    version: `${grader.version}, logged ${name}`,
    check(groundTruth, choices) {
      const { kind, options } = grader.check(groundTruth, choices);
      return { gradable: true, kind, ...(options !== undefined && { options }) };
    },
    grade(request) {
      if (request.loggedScore === undefined) return grader.grade(request);
      const right = holds(request.loggedScore, rule);
      return {
        verdict: right ? "correct" : "wrong",
        rule: "logged",
        reason: `logged ${rule.field} ${request.loggedScore}`,
      };
    },
    [Symbol.asyncDispose]: () => grader[Symbol.asyncDispose](),
  };
}

function holds(score: number, { relation, limit }: CorrectIff): boolean {
  if (relation === ">=") return score >= limit;
  if (relation === "<=") return score <= limit;
  if (relation === ">") return score > limit;
  return relation === "<" ? score < limit : score === limit;
}
