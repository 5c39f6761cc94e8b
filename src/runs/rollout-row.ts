import type { Arm, Grade, Rollout, Sample, Verdict } from "../records.ts";
import type { Row } from "./database.ts";

/** What was taken of some samples' arms, as columns. */
export interface CountedArms {
  readonly place: Int32Array;
  /** 1: the image arm; 0: the text arm. */
  readonly image: Uint8Array;
  readonly taken: Int32Array;
  /** The largest index + 1, equal to `taken` where the indices have no gap. */
  readonly top: Int32Array;
  readonly correct: Int32Array;
  readonly truncated: Int32Array;
}

/** A rollout that waits for its grade. */
export interface UngradedRollout {
  readonly rollout: Pick<Rollout, "sampleId" | "arm" | "index" | "text" | "finish" | "loggedScore">;
  readonly sample: Pick<Sample, "groundTruth" | "choices">;
}

/** One rollout that is on disk, with its grade when there is one. */
export interface StoredRollout {
  readonly sampleId: string;
  readonly arm: Arm;
  readonly index: number;
  /** Cut off at the token limit. */
  readonly truncated: boolean;
  readonly verdict?: Verdict;
}

/** A rollout with its grade, when it has one. */
export interface GradedRollout {
  readonly rollout: Rollout;
  readonly grade?: Grade;
}

/** How a rollout ended, where its row says. */
export function readFinish({ finish }: Row): Pick<Rollout, "finish"> {
  return finish === null ? {} : { finish: finish as "stop" | "length" };
}

/** A row of `rollouts.parquet` as a rollout. */
export function toRollout(row: Row): Rollout {
  return {
    sampleId: row.sample_id as string,
    arm: row.arm as Arm,
    index: row.index as number,
    text: row.text as string,
    ...(row.token_ids === null ? {} : { tokenIds: row.token_ids as number[] }),
    ...(row.prompt_tokens !== null && { promptTokens: row.prompt_tokens as number }),
    ...(row.image_tokens !== null && { imageTokens: row.image_tokens as number }),
    ...(row.response_tokens !== null && { responseTokens: row.response_tokens as number }),
    ...readFinish(row),
    ...(row.origin !== null && { origin: row.origin as string }),
    ...(row.logged_score !== null && { loggedScore: row.logged_score as number }),
  };
}

/** The grade in that row, when there is one. */
export function toGrade(row: Row): { grade?: Grade } {
  if (row.verdict === null) return {};
  const grade: Grade = {
    verdict: row.verdict as Verdict,
    ...(row.answer === null ? {} : { answer: row.answer as string }),
    rule: row.rule as string,
    ...(row.reason === null ? {} : { reason: row.reason as string }),
  };
  return { grade };
}
