import type { Prompt } from "../../records.ts";

/** Prompts whose text is counted on its own before anything is inferred. */
const HANDFUL = 8;
/** Exact counts that are remembered. */
const REMEMBERED = 4096;
/** Tokens per byte that a text may have, as a multiple of the most that was seen. */
const SAFETY = 2;

/**
 * How many tokens of a prompt are its images', for servers that do not say. The text of the
 * first prompts is counted by the server, on its own; later a prompt that is longer than any text of that
 * size could be has surely seen its image, and the rest are counted as well.
 */
export class Sight {
  readonly #exact = new Map<string, number>();
  #probes = 0;
  #fewest = Number.POSITIVE_INFINITY;
  #densest = 0;

  /**
   * Image tokens of a prompt: exact for a prompt whose text was counted, else the least they can
   * be; absent when the text has to be counted first.
   */
  infer(prompt: Prompt, promptTokens: number): number | undefined {
    const exact = this.#exact.get(prompt.sampleId);
    if (exact !== undefined) return promptTokens - exact;
    if (this.#probes < HANDFUL) return undefined;
    const least = Math.floor(promptTokens - this.#fewest - SAFETY * this.#densest * bytesOf(prompt));
    return least > 0 ? least : undefined;
  }

  /** Notes how many tokens a prompt has without its images. */
  learn(prompt: Prompt, textTokens: number): void {
    this.#probes += 1;
    this.#fewest = Math.min(this.#fewest, textTokens);
    this.#densest = Math.max(this.#densest, textTokens / Math.max(1, bytesOf(prompt)));
    if (this.#exact.size < REMEMBERED) this.#exact.set(prompt.sampleId, textTokens);
  }
}

/** The prompt with its images taken out. */
export function withoutImages(prompt: Prompt): Prompt {
  return { ...prompt, parts: prompt.parts.filter((part) => part.type === "text") };
}

function bytesOf(prompt: Prompt): number {
  return prompt.parts.reduce((sum, part) => sum + (part.type === "text" ? Buffer.byteLength(part.text) : 0), 0);
}
