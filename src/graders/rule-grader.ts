import type { Grade } from "../records.ts";
import { cleanAnswer } from "./extraction/answer-text.ts";
import { answerPart, type Candidate, extractAnswer } from "./extraction/extract-answer.ts";
import type { GradeRequest, Grader, GroundTruthCheck } from "./grader.ts";
import { findChoiceLetter } from "./kinds/choice-letter.ts";
import { type GroundTruth, readGroundTruth, type Unreadable } from "./kinds/ground-truth.ts";
import { findYesNo } from "./kinds/yes-no.ts";
import { findExcess } from "./limits.ts";
import { startWork, WorkExceeded } from "./mathematics/work-budget.ts";
import { DEFAULT_POLICIES, type GradingPolicies } from "./policies.ts";

/** Changes when any verdict may. */
const VERSION = "2";

/** Characters of an answer that a grade repeats. */
const SHOWN = 500;

/** Ground truths kept read: the rollouts of a group share one. */
const CACHED = 4_096;

/** The grader by rules: extraction in a fixed order, then comparison by the ground truth's kind. */
export class RuleGrader implements Grader {
  readonly name = "rules";
  readonly version: string;
  readonly #policies: GradingPolicies;
  readonly #truths = new Map<string, GroundTruth | Unreadable>();

  constructor(policies: Partial<GradingPolicies> = {}) {
    this.#policies = { ...DEFAULT_POLICIES, ...policies };
    this.version = `${VERSION} ${JSON.stringify(this.#policies)}`;
  }

  check(groundTruth: string, choices?: readonly string[]): GroundTruthCheck {
    const truth = this.#read(groundTruth, choices);
    if ("reason" in truth) return { gradable: false, kind: truth.kind, reason: truth.reason };
    return { gradable: true, kind: truth.kind, ...(truth.options === undefined ? {} : { options: truth.options }) };
  }

  grade(request: GradeRequest): Grade {
    const truth = this.#read(request.groundTruth, request.choices);
    if ("reason" in truth) return { verdict: "ungradable", rule: `none/${truth.kind}`, reason: truth.reason };
    for (const candidate of candidatesOf(request, truth, this.#policies)) {
      const grade = judge(candidate, truth);
      if (grade !== undefined) return grade;
    }
    return { verdict: "wrong", rule: `none/${truth.kind}`, reason: explainNothing(request) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#truths.clear();
  }

  #read(groundTruth: string, choices: readonly string[] | undefined): GroundTruth | Unreadable {
    const key = choices === undefined ? groundTruth : JSON.stringify([groundTruth, choices]);
    const known = this.#truths.get(key);
    if (known !== undefined) return known;
    startWork();
    const truth = readGroundTruth(groundTruth, choices, this.#policies);
    const oldest = this.#truths.size >= CACHED ? this.#truths.keys().next().value : undefined;
    if (oldest !== undefined) this.#truths.delete(oldest);
    this.#truths.set(key, truth);
    return truth;
  }
}

/** `undefined` when this candidate cannot be read and the next one may be tried. */
function judge(candidate: Candidate, truth: GroundTruth): Grade | undefined {
  const rule = `${candidate.rule}/${truth.kind}`;
  const excess = findExcess(candidate.text);
  const answer = excess === undefined ? cleanAnswer(candidate.text).slice(0, SHOWN) : candidate.text.slice(0, SHOWN);
  if (excess !== undefined) {
    return candidate.explicit
      ? { verdict: "wrong", answer, rule, reason: `The answer is past a limit: ${excess}.` }
      : undefined;
  }
  startWork();
  try {
    const right = judgeBoxes(candidate, truth);
    if (right !== undefined) return { verdict: right ? "correct" : "wrong", answer, rule };
  } catch (error) {
    if (!(error instanceof WorkExceeded)) throw error;
    return { verdict: "wrong", answer, rule, reason: `Past a limit: ${error.reason}.` };
  }
  return candidate.explicit
    ? { verdict: "wrong", answer, rule, reason: `The answer cannot be read as ${truth.kind}.` }
    : undefined;
}

/** Boxes joined by `or` may also be one answer in two forms. */
function judgeBoxes(candidate: Candidate, truth: GroundTruth): boolean | undefined {
  const right = truth.judge(candidate.text, candidate.boxes);
  const joined = candidate.boxes?.slice(-(candidate.joined ?? 1)) ?? [];
  if (right === true || joined.length < 2) return right;
  return joined.every((box) => truth.judge(box) === true) || right;
}

function* candidatesOf(request: GradeRequest, truth: GroundTruth, policies: GradingPolicies): Generator<Candidate> {
  if (request.mode === "answer") {
    yield { rule: "answer", text: request.response, explicit: true };
    return;
  }
  const letters = truth.kind === "choice" || truth.kind === "choices";
  for (const candidate of extractAnswer(request.response)) {
    if (policies.boxedOnly && candidate.rule !== "boxed" && candidate.rule !== "answer-tag") continue;
    if (candidate.rule === "number" && !NUMERIC.has(truth.kind)) continue;
    if (candidate.rule === "formula" && (letters || (NUMERIC.has(truth.kind) && isName(candidate.text)))) continue;
    yield candidate;
  }
  if (policies.boxedOnly || !(letters || truth.kind === "yes-no" || truth.kind === "true-false")) return;
  const text = answerPart(request.response) ?? "";
  const found = letters ? findChoiceLetter(text) : findYesNo(text);
  if (found !== undefined) yield { rule: letters ? "letter" : "statement", text: found, explicit: false };
}

/** `$a$` in passing is no number. */
function isName(formula: string): boolean {
  return !/[\d\\]/.test(formula) && /^\s*[A-Za-z' ]{1,8}\s*$/.test(formula);
}

const NUMERIC = new Set(["integer", "decimal", "fraction", "percent", "quantity", "constant", "ratio", "expression"]);

function explainNothing(request: GradeRequest): string {
  if (request.response.trim() === "") return "The response is empty.";
  const unclosed = request.response.includes("<think>") && !request.response.includes("</think>");
  return unclosed
    ? "The thinking was never closed, so there is no answer."
    : "No answer of this kind was found in the response.";
}
