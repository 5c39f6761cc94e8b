import type { TracedToken } from "../../models/generate-group.ts";
import type { PromptProcessor, Turn } from "../../models/prompt-processor.ts";
import type { RolloutRequest } from "../backend.ts";

/** The text of a token and the natural logarithm of its probability by the model itself. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
}

/** A response one token further. */
export interface TracedStep extends TokenLogprob {
  /** The response so far, this token included. */
  readonly text: string;
  /** The most probable tokens of this step, best first. */
  readonly best: readonly TokenLogprob[];
  /** Present at the last token. */
  readonly finish?: "stop" | "length";
}

export type { Turn };

/** A request that may go on with a conversation, and whose responses may be watched while they are sampled. */
export interface TracedRequest extends RolloutRequest {
  /** The messages before the prompt. */
  readonly before?: readonly Turn[];
  readonly trace?: {
    /** How many of the most probable tokens are named at every step, ≥ 0. */
    readonly best: number;
    /** Told each step of the rollout with this index, in their order, before the rollout is yielded. */
    readonly onStep: (index: number, step: TracedStep) => void;
  };
}

/** Turns a group's traced tokens into steps of the requests they belong to. */
export function newTracer(
  processor: PromptProcessor,
  rowOf: (row: number) => { readonly request: TracedRequest; readonly index: number },
): (tokens: readonly TracedToken[]) => void {
  const said = new Map<number, number[]>();
  return (tokens) => {
    for (const { row, tokenId, finish, logprob, best } of tokens) {
      const { request, index } = rowOf(row);
      const ids = said.get(row) ?? [];
      said.set(row, ids);
      if (finish !== "stop") ids.push(tokenId);
      request.trace?.onStep(index, {
        text: processor.decode(ids),
        token: processor.decodeToken(tokenId),
        logprob,
        best: best.map((one) => ({ token: processor.decodeToken(one.tokenId), logprob: one.logprob })),
        ...(finish && { finish }),
      });
    }
  };
}
