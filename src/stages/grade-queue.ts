import type { Grader } from "../graders/grader.ts";
import type { Grade, Rollout, Sample } from "../records.ts";
import type { Ledger } from "../runs/ledger.ts";
import type { RunDirectory } from "../runs/run-directory.ts";

/** Gradings under way at once; the rest waits, so that memory stays flat. */
const PENDING_LIMIT = 256;

/** Told what becomes of the responses. */
export interface GradeListener {
  /** The response's grade is in the ledger. */
  entered(rollout: Gradable): void;
  /** Grading broke; `settle` throws the same. */
  failed(error: unknown): void;
}

/** A response to be graded. */
export type Gradable = Pick<Rollout, "sampleId" | "arm" | "index" | "text" | "finish" | "loggedScore">;

/**
 * Grades rollouts, writes each grade to the journal and enters it in the ledger. A response
 * cut off at the token limit is wrong whatever it says (method.md); an ungradable verdict on
 * one response (grading ran out of time) counts as not correct and keeps its reason.
 */
export class GradeQueue {
  readonly #grader: Grader;
  readonly #run: RunDirectory;
  readonly #ledger: Ledger;
  readonly #listener: GradeListener | undefined;
  readonly #pending = new Set<Promise<void>>();
  #failure: unknown;

  constructor(grader: Grader, run: RunDirectory, ledger: Ledger, listener?: GradeListener) {
    this.#grader = grader;
    this.#run = run;
    this.#ledger = ledger;
    this.#listener = listener;
  }

  /** Returns once there is room again. */
  async add(rollout: Gradable, settings: string, sample: Pick<Sample, "groundTruth" | "choices">): Promise<void> {
    const grade =
      rollout.finish === "length"
        ? ({ verdict: "wrong", rule: "truncated", reason: "cut off at the token limit" } as const)
        : this.#grader.grade({
            response: rollout.text,
            ...sample,
            ...(rollout.loggedScore !== undefined && { loggedScore: rollout.loggedScore }),
          });
    if (!(grade instanceof Promise)) {
      this.#enter(rollout, settings, grade);
      return;
    }
    const pending = grade
      .then((value) => this.#enter(rollout, settings, value))
      .catch((error: unknown) => {
        this.#failure ??= error;
        this.#listener?.failed(error);
      })
      .finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
    if (this.#pending.size >= PENDING_LIMIT) await Promise.race(this.#pending);
  }

  /** Waits for every grading under way; throws the first failure. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
    if (this.#failure !== undefined) throw this.#failure;
  }

  #enter(rollout: Gradable, settings: string, grade: Grade): void {
    const { sampleId, arm, index, finish } = rollout;
    this.#run.journal.append("grades", [{ ...grade, settings, sampleId, arm, index, grader: this.#grader.version }]);
    this.#ledger.addRollout(sampleId, arm, index, grade.verdict, finish === "length");
    this.#listener?.entered(rollout);
  }
}
