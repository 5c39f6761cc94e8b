import type { TokenLogprob, TracedStep } from "../backends/index.ts";
import type { TakenRollout } from "../records.ts";

/** A response up to the first of the stop texts, and why it ended. */
export function cutAtStop(
  { text, finish }: Pick<TakenRollout, "text" | "finish">,
  stop: readonly string[],
): { readonly text: string; readonly finish: TakenRollout["finish"] } {
  const ends = stop.map((one) => text.indexOf(one)).filter((at) => at >= 0);
  return ends.length > 0 ? { text: text.slice(0, Math.min(...ends)), finish: "stop" } : { text, finish };
}

/** A response's text piece by piece: what may yet turn out to begin a stop text, or half a character, is held back. */
export class ChoiceText {
  readonly #stop: readonly string[];
  #sent = 0;
  #ended = false;

  constructor(stop: readonly string[]) {
    this.#stop = stop;
  }

  /** What a step adds, and its end; absent when the response has ended before. */
  take(step: TracedStep): { readonly piece: string; readonly finish?: TakenRollout["finish"] } | undefined {
    if (this.#ended) return undefined;
    const cut = cutAtStop({ text: step.text, finish: step.finish ?? "length" }, this.#stop);
    const finish = cut.text.length < step.text.length ? "stop" : step.finish;
    this.#ended = finish !== undefined;
    const upTo = finish === undefined ? step.text.length - this.#heldBack(step.text) : cut.text.length;
    const piece = cut.text.slice(this.#sent, Math.max(this.#sent, upTo));
    this.#sent += piece.length;
    return { piece, ...(finish && { finish }) };
  }

  #heldBack(text: string): number {
    const half = text.endsWith("\uFFFD") ? 1 : 0;
    const begun = this.#stop.map((one) => {
      let length = Math.min(one.length - 1, text.length);
      while (length > 0 && !text.endsWith(one.slice(0, length))) length -= 1;
      return length;
    });
    return Math.max(half, ...begun);
  }
}

/** The tokens of a response as OpenAI's `logprobs` object. */
export function toLogprobs(steps: readonly TracedStep[]): Record<string, unknown> {
  const entry = ({ token, logprob }: TokenLogprob): Record<string, unknown> => ({
    token,
    logprob,
    bytes: [...Buffer.from(token)],
  });
  return { content: steps.map((step) => ({ ...entry(step), top_logprobs: step.best.map(entry) })), refusal: null };
}
