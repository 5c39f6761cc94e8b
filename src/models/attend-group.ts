import { gatherRows, type KvCache } from "./kv-cache.ts";
import type { ModelSessions } from "./model-sessions.ts";
import { prefill } from "./prefill.ts";
import type { PromptBatch } from "./prompt-batch.ts";

/** Responses to read the attention of in one teacher-forced pass. Plain data. */
export interface AttendGroup {
  readonly batch: PromptBatch;
  /** Equally long responses (the tokens after the real ones are padding, and are looked at by nobody). */
  readonly rows: readonly { readonly prompt: number; readonly tokenIds: Int32Array }[];
}

/** The last layer's attention of a run of response tokens, for every row of a group. */
export interface AttentionBlock {
  /** First response token of the block, and how many follow. */
  readonly start: number;
  readonly tokens: number;
  readonly heads: number;
  /** Prompt tokens + start + tokens. */
  readonly keys: number;
  /** (rows, heads, tokens, keys) softmax probabilities. */
  readonly values: Float32Array;
}

/** Response tokens per run: attention takes rows × heads × ATTENTION_BLOCK × keys numbers, whatever the length. */
export const ATTENTION_BLOCK = 64;

/**
 * Reads the last layer's attention of every response of a group: the prompts are prefilled
 * once, the responses run on top of their cache block by block. Ends early when `signal` aborts.
 */
export async function attendGroup(
  sessions: ModelSessions,
  group: AttendGroup,
  onBlock: (block: AttentionBlock) => void,
  signal?: AbortSignal,
): Promise<void> {
  const first = await prefill(sessions, group.batch);
  let cache: KvCache = gatherRows(
    first.cache,
    group.rows.map((row) => row.prompt),
  );
  const length = group.rows[0]?.tokenIds.length ?? 0;
  for (let start = 0; start < length && !signal?.aborted; start += ATTENTION_BLOCK) {
    const tokens = Math.min(ATTENTION_BLOCK, length - start);
    const ids = new BigInt64Array(group.rows.length * tokens);
    for (const [row, { tokenIds }] of group.rows.entries()) {
      for (let token = 0; token < tokens; token++)
        ids[row * tokens + token] = BigInt(tokenIds[start + token] as number);
    }
    const output = await sessions.decode(await sessions.embed(ids, group.rows.length), cache, { attention: true });
    cache = output.cache;
    const values = output.attention as Float32Array;
    const keys = cache.length;
    onBlock({ start, tokens, keys, heads: values.length / (group.rows.length * tokens * keys), values });
  }
}
