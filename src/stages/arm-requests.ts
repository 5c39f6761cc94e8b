import type { RolloutRequest } from "../backends/backend.ts";
import type { Prompt, Sample } from "../records.ts";

/** A sample's prompt in one arm, the rollouts that are asked for first, and what they are graded by. */
export interface Asked {
  readonly prompt: Prompt;
  readonly indices: readonly number[];
  readonly truth: Pick<Sample, "groundTruth" | "choices">;
}

interface Open {
  readonly asked: Asked;
  /** Rollouts that have been asked for and not graded. */
  pending: number;
}

/**
 * The requests of one arm as a backend pulls them: those of the samples in their order, and, ahead of
 * the rest, further ones for a prompt whose graded rollouts left it open, while its server still has
 * it cached. Ends when the samples have ended and every rollout is graded. Each prompt is held until then.
 */
export class ArmRequests implements AsyncIterableIterator<RolloutRequest> {
  readonly #samples: AsyncIterator<Asked>;
  readonly #follow: (sampleId: string) => readonly number[];
  readonly #open = new Map<string, Open>();
  readonly #further: RolloutRequest[] = [];
  readonly #detach: () => void;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  /** `follow`: the indices a sample needs next, now that all it was asked for is graded. */
  constructor(
    samples: AsyncIterable<Asked>,
    follow: (sampleId: string) => readonly number[] = () => [],
    signal?: AbortSignal,
  ) {
    this.#samples = samples[Symbol.asyncIterator]();
    this.#follow = follow;
    const stop = (): void => void this.return();
    signal?.addEventListener("abort", stop, { once: true });
    this.#detach = () => signal?.removeEventListener("abort", stop);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<RolloutRequest, undefined>> {
    while (this.#failure === undefined) {
      const further = this.#further.shift();
      if (further !== undefined) return { done: false, value: further };
      if (!this.#ended) {
        const next = await this.#samples.next();
        if (next.done === true) this.#ended = true;
        else return { done: false, value: this.#begin(next.value) };
      } else if (this.#open.size === 0) {
        this.#detach();
        return { done: true, value: undefined };
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    throw this.#failure.error;
  }

  /** Nothing more is wanted; whoever waits for a request is told so. */
  async return(): Promise<IteratorResult<RolloutRequest, undefined>> {
    this.#detach();
    this.#ended = true;
    this.#open.clear();
    this.#further.length = 0;
    this.#wake();
    await this.#samples.return?.();
    return { done: true, value: undefined };
  }

  /** What a sample that is at work is graded by. */
  truthOf(sampleId: string): Asked["truth"] | undefined {
    return this.#open.get(sampleId)?.asked.truth;
  }

  /** A rollout of this sample was graded; after the last, what the sample needs next is asked for. */
  graded(sampleId: string): void {
    const open = this.#open.get(sampleId);
    if (open === undefined) return;
    open.pending -= 1;
    if (open.pending > 0) return;
    const indices = this.#follow(sampleId);
    open.pending = indices.length;
    if (indices.length > 0) this.#further.push({ prompt: open.asked.prompt, indices });
    else this.#open.delete(sampleId);
    this.#wake();
  }

  /** The sample is set aside: nothing more comes of it. */
  drop(sampleId: string): void {
    this.#open.delete(sampleId);
    this.#wake();
  }

  /** Whoever asks for the next request is thrown this error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  #begin(asked: Asked): RolloutRequest {
    const { prompt, indices } = asked;
    this.#open.set(prompt.sampleId, { asked, pending: indices.length });
    return { prompt, indices };
  }
}
