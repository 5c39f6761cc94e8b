import { gatherRows, type KvCache } from "./kv-cache.ts";
import type { ModelSessions } from "./model-sessions.ts";
import type { RowDecoder } from "./row-decoder.ts";

/** Finished rows are taken out once they are this share of the batch: copying costs about a quarter of a step. */
const PACK_SHARE = 1 / 8;

/** Rows on `decoder_model_merged`: each has its own copy of its prompt's cache. Works with every model. */
export class PackedRows implements RowDecoder {
  readonly #sessions: ModelSessions;
  /** By slot. */
  #rows: readonly number[];
  #cache: KvCache;

  constructor(
    sessions: ModelSessions,
    prompts: KvCache,
    rows: readonly { readonly row: number; readonly prompt: number }[],
  ) {
    this.#sessions = sessions;
    this.#rows = rows.map(({ row }) => row);
    this.#cache = gatherRows(
      prompts,
      rows.map(({ prompt }) => prompt),
    );
  }

  keep(rows: readonly number[]): void {
    if (this.#rows.length - rows.length < this.#rows.length * PACK_SHARE) return;
    const wanted = new Set(rows);
    const slots = [...this.#rows.keys()].filter((slot) => wanted.has(this.#rows[slot] as number));
    this.#rows = slots.map((slot) => this.#rows[slot] as number);
    this.#cache = gatherRows(this.#cache, slots);
  }

  async step(lastToken: (row: number) => number): Promise<(row: number) => Float32Array> {
    const ids = BigInt64Array.from(this.#rows, (row) => BigInt(lastToken(row)));
    const output = await this.#sessions.decode(await this.#sessions.embed(ids, ids.length), this.#cache);
    this.#cache = output.cache;
    const slots = new Map(this.#rows.map((row, slot) => [row, slot]));
    return (row) => output.lastLogits(slots.get(row) as number);
  }
}
