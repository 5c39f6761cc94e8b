import { randomStream } from "../lib/random-stream.ts";
import type { ModelSessions } from "./model-sessions.ts";
import { prefill } from "./prefill.ts";
import type { PromptBatch } from "./prompt-batch.ts";
import { readLogprobs } from "./read-logprobs.ts";
import { newRowDecoder } from "./row-decoder.ts";
import { newTokenSampler, type TokenSampling } from "./sample-token.ts";

/** Responses to sample together. Plain data. */
export interface GenerateGroup {
  readonly batch: PromptBatch;
  readonly rows: readonly {
    /** Index into the batch's prompts. */
    readonly prompt: number;
    /** Name of this response's random stream. */
    readonly stream: string;
  }[];
  readonly sampling: TokenSampling;
  /** Tokens of a response at most, ≥ 1. */
  readonly maxTokens: number;
  readonly endTokenIds: readonly number[];
  /** Report every token as it is drawn, with the log probabilities of this many best ones, ≥ 0. */
  readonly trace?: number;
}

/** A token that was just drawn. */
export interface TracedToken {
  /** Index into the group's rows. */
  readonly row: number;
  readonly tokenId: number;
  readonly finish?: "stop" | "length";
  /** Natural logarithm of its probability by the model itself, at temperature 1, nothing cut off. */
  readonly logprob: number;
  /** The most probable tokens, best first. */
  readonly best: readonly { readonly tokenId: number; readonly logprob: number }[];
}

/** One finished response of a group. */
export interface GeneratedRow {
  /** Index into the group's rows. */
  readonly row: number;
  /** The end token included, when there is one. */
  readonly tokenIds: readonly number[];
  readonly finish: "stop" | "length";
}

/** A response under way. */
interface LiveRow {
  readonly row: number;
  readonly tokenIds: number[];
  readonly next: () => number;
}

/**
 * Samples every response of a group: one prefill for its prompts, then one step for all
 * unfinished rows at a time. `onFinished` gets responses as they end. Each row draws one
 * uniform number per token from its own stream and sees nothing of the other rows, so its
 * tokens do not depend on the group. `onTokens` gets each step of a traced group. Ends early when `signal` aborts.
 */
export async function generateGroup(
  sessions: ModelSessions,
  group: GenerateGroup,
  onFinished: (rows: readonly GeneratedRow[]) => void,
  signal?: AbortSignal,
  onTokens: (tokens: readonly TracedToken[]) => void = () => {},
): Promise<void> {
  const draw = newTokenSampler(group.sampling);
  const ends = new Set(group.endTokenIds);
  const finishOf = (tokenIds: readonly number[]): "stop" | "length" | undefined => {
    if (ends.has(tokenIds.at(-1) as number)) return "stop";
    return tokenIds.length >= group.maxTokens ? "length" : undefined;
  };
  /** Gives every row its next token; returns those that go on. */
  const advance = (live: readonly LiveRow[], logitsOf: (row: number) => Float32Array): LiveRow[] => {
    const ended: GeneratedRow[] = [];
    const going: LiveRow[] = [];
    const traced: TracedToken[] = [];
    for (const row of live) {
      const logits = logitsOf(row.row);
      const tokenId = draw(logits, row.next());
      row.tokenIds.push(tokenId);
      const finish = finishOf(row.tokenIds);
      if (group.trace !== undefined) {
        traced.push({
          row: row.row,
          tokenId,
          ...(finish && { finish }),
          ...readLogprobs(logits, tokenId, group.trace),
        });
      }
      if (finish === undefined) going.push(row);
      else ended.push({ row: row.row, tokenIds: row.tokenIds, finish });
    }
    if (traced.length > 0) onTokens(traced);
    if (ended.length > 0) onFinished(ended);
    return going;
  };

  const promptOf = (row: number): number => (group.rows[row] as { prompt: number }).prompt;
  const all = group.rows.map(({ stream }, row): LiveRow => ({ row, tokenIds: [], next: randomStream(stream) }));
  if (signal?.aborted) return;
  const first = await prefill(sessions, group.batch);
  let live = advance(all, (row) => first.lastLogits(promptOf(row)));
  if (live.length === 0) return;

  const decoder = newRowDecoder(
    sessions,
    first.cache,
    live.map(({ row }) => ({ row, prompt: promptOf(row) })),
  );
  while (live.length > 0 && !signal?.aborted) {
    decoder.keep(live.map(({ row }) => row));
    live = advance(live, await decoder.step((row) => all[row]?.tokenIds.at(-1) as number));
  }
}
