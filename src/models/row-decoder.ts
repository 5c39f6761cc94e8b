import type { KvCache } from "./kv-cache.ts";
import type { ModelSessions } from "./model-sessions.ts";
import { PackedRows } from "./packed-rows.ts";
import { SharedPromptRows } from "./shared-prompt-rows.ts";

/** Decodes the rows of a group token by token. Rows are named by their index in the group. */
export interface RowDecoder {
  /** Only these rows go on; their places may be rearranged when that pays. */
  keep(rows: readonly number[]): void;
  /** One step: feeds every row its last token, gives every row's next logits (vocabulary). */
  step(lastToken: (row: number) => number): Promise<(row: number) => Float32Array>;
}

/**
 * A decoder for `rows` (each naming its prompt) on top of their prompts' cache: the graph that
 * shares a prompt's cache among its rows where the model has one, else the common one.
 */
export function newRowDecoder(
  sessions: ModelSessions,
  prompts: KvCache,
  rows: readonly { readonly row: number; readonly prompt: number }[],
): RowDecoder {
  return sessions.hasStepGraph
    ? new SharedPromptRows(sessions, prompts, rows)
    : new PackedRows(sessions, prompts, rows);
}
