import type { Tensor } from "onnxruntime-node";
import { type Arrangement, arrangeRows } from "./arrange-rows.ts";
import { gatherRows, type KvCache } from "./kv-cache.ts";
import type { ModelSessions } from "./model-sessions.ts";
import type { RowDecoder } from "./row-decoder.ts";

/** Rows are rearranged when that saves this share of the slots. */
const SAVING = 0.2;

/**
 * Rows on `decoder_step`: the rows of a prompt share its cache, which is never copied, and only
 * the few tokens of the responses so far are copied at each step.
 */
export class SharedPromptRows implements RowDecoder {
  readonly #sessions: ModelSessions;
  readonly #prompts: KvCache;
  readonly #promptOf: ReadonlyMap<number, number>;
  #arrangement: Arrangement;
  /** Slot of each row. */
  #slotOf: readonly number[];
  /** Of the entries' prompts. */
  #shared: KvCache;
  /** Keys and values of the response tokens so far: (entries, heads, width, tokens, head size). */
  #past: readonly Tensor[] = [];
  #length = 0;

  constructor(
    sessions: ModelSessions,
    prompts: KvCache,
    rows: readonly { readonly row: number; readonly prompt: number }[],
  ) {
    this.#sessions = sessions;
    this.#prompts = prompts;
    this.#promptOf = new Map(rows.map(({ row, prompt }) => [row, prompt]));
    this.#arrangement = arrangeRows(rows);
    this.#slotOf = invert(this.#arrangement.slots);
    this.#shared = gatherRows(prompts, this.#arrangement.prompts);
  }

  keep(rows: readonly number[]): void {
    const worthwhile = this.#arrangement.slots.length * (1 - SAVING);
    if (rows.length > worthwhile) return;
    const after = arrangeRows(rows.map((row) => ({ row, prompt: this.#promptOf.get(row) as number })));
    if (after.slots.length > worthwhile) return;
    this.#past = this.#past.map((tensor) => moveSlots(tensor, this.#arrangement, after));
    this.#shared = gatherRows(this.#prompts, after.prompts);
    this.#arrangement = after;
    this.#slotOf = invert(after.slots);
  }

  async step(lastToken: (row: number) => number): Promise<(row: number) => Float32Array> {
    const { slots } = this.#arrangement;
    const ids = BigInt64Array.from(slots, (row) => (row < 0 ? 0n : BigInt(lastToken(row))));
    const { logits, past } = await this.#sessions.decodeShared(ids, this.#shared, this.#past, this.#length);
    this.#past = past;
    this.#length++;
    const slotOf = this.#slotOf;
    const vocabulary = logits.length / slots.length;
    return (row) => {
      const slot = slotOf[row] as number;
      return logits.subarray(slot * vocabulary, (slot + 1) * vocabulary);
    };
  }
}

/** Slot of each row, by row. */
function invert(slots: readonly number[]): number[] {
  const slotOf: number[] = [];
  for (const [slot, row] of slots.entries()) if (row >= 0) slotOf[row] = slot;
  return slotOf;
}

/** Moves the slots of (entries, heads, width, tokens, size) to where `after` wants them; fillers become zeros. */
function moveSlots(tensor: Tensor, before: Arrangement, after: Arrangement): Tensor {
  const [, heads, , tokens, size] = tensor.dims as [number, number, number, number, number];
  const source = tensor.data as Float32Array;
  const stride = tokens * size;
  const target = new Float32Array(after.slots.length * heads * stride);
  const slotOf = invert(before.slots);
  for (const [slot, row] of after.slots.entries()) {
    if (row < 0) continue;
    for (let head = 0; head < heads; head++) {
      const at = placeOf(slotOf[row] as number, before.width, head, heads) * stride;
      target.set(source.subarray(at, at + stride), placeOf(slot, after.width, head, heads) * stride);
    }
  }
  const TensorClass = tensor.constructor as typeof Tensor;
  return new TensorClass("float32", target, [after.prompts.length, heads, after.width, tokens, size]);
}

/** Index of a slot's block of one head in (entries, heads, width). */
function placeOf(slot: number, width: number, head: number, heads: number): number {
  return (Math.floor(slot / width) * heads + head) * width + (slot % width);
}
