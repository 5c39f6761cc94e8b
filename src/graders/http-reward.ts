import type { Grade } from "../records.ts";
import type { GradeRequest, Grader, GroundTruthCheck } from "./grader.ts";
import { postJson } from "./post-json.ts";
import { readGrade } from "./read-grade.ts";

/** Milliseconds and attempts of one grading. */
const PATIENCE = { timeout: 30_000, attempts: 3 } as const;

/**
 * A reward of the user's own behind an address: the grade request is posted as JSON, the answer is a
 * grade. A server that fails is an error and never a verdict.
 */
export class HttpReward implements Grader {
  readonly name = "http";
  readonly version: string;
  readonly #url: string;
  readonly #fetch: typeof fetch;

  constructor(url: string, fetchJson: typeof fetch = fetch) {
    this.#url = url;
    this.version = url;
    this.#fetch = fetchJson;
  }

  check(): GroundTruthCheck {
    return { gradable: true, kind: "own" };
  }

  async grade(request: GradeRequest): Promise<Grade> {
    return readGrade(await postJson(this.#url, request, { ...PATIENCE, fetch: this.#fetch }), this.#url);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
