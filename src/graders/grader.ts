import type { Grade } from "../records.ts";

/** What the ground truth is, found once per sample before a rollout is paid for. */
export interface GroundTruthCheck {
  readonly gradable: boolean;
  /** Kind of answer: `choice`, `yes-no`, `word`, `integer`, `decimal`, `fraction`, … */
  readonly kind: string;
  /** Present when not gradable: why no rule can grade it. */
  readonly reason?: string;
  /** Number of options q when the ground truth is one choice letter among known options. */
  readonly options?: number;
}

/** What is to be graded. */
export interface GradeRequest {
  readonly groundTruth: string;
  /** A whole response to extract the answer from, or with `mode: "answer"` the bare answer. */
  readonly response: string;
  readonly mode?: "response" | "answer";
  /** Option texts in letter order, when the question has them. */
  readonly choices?: readonly string[];
  /** What an imported log scored the response, for a grader that goes by it. */
  readonly loggedScore?: number;
}

/** Decides whether a response is right. Never throws on content, never hangs, never guesses. */
export interface Grader extends AsyncDisposable {
  readonly name: string;
  /** Changes when any verdict may; part of a grade's provenance. */
  readonly version: string;
  check(groundTruth: string, choices?: readonly string[]): GroundTruthCheck;
  /** A promise only where a worker has to be asked; simple answers are graded at once. */
  grade(request: GradeRequest): Grade | Promise<Grade>;
}
