import { hashText } from "../lib/hash-text.ts";
import { toWords } from "./normalise-text.ts";

/** A question that stands in a prompt, and what the prompt has around it. */
export interface FoundQuestion {
  /** Places of the samples that ask it, in the order they were added. */
  readonly places: readonly number[];
  /** Hash of the words before and after it: the same for every prompt of one template. */
  readonly template: string;
}

/** Primes below 2²⁶, so that a product of two residues is exact. */
const P = 67_108_859;
const Q = 67_108_837;
/** Any bases that are no small numbers. */
const BASE_P = 31_415_927;
const BASE_Q = 27_182_819;

interface Question {
  readonly hash: string;
  readonly places: number[];
}

/**
 * Finds which question of a dataset a logged prompt contains, word for word and whatever the
 * chat template put around it. Questions are kept as hashes of their words, by their number of
 * words; a rolling hash over the prompt finds candidates and SHA-256 confirms them.
 */
export class QuestionIndex {
  /** Number of words → rolling hash → questions. */
  readonly #byLength = new Map<number, Map<number, Question[]>>();
  #lengths: readonly number[] | undefined;

  add(question: string, place: number): void {
    const words = toWords(question);
    if (words.length === 0) return;
    const ofLength = this.#byLength.get(words.length) ?? new Map<number, Question[]>();
    const key = new RollingHash(words).of(0, words.length);
    const hash = hashText(words.join(" "), 32);
    const questions = ofLength.get(key) ?? [];
    const same = questions.find((one) => one.hash === hash);
    if (same === undefined) questions.push({ hash, places: [place] });
    else same.places.push(place);
    this.#byLength.set(words.length, ofLength.set(key, questions));
    this.#lengths = undefined;
  }

  /** Every question in the prompt, the longest first. */
  *find(prompt: string): Generator<FoundQuestion> {
    const words = toWords(prompt);
    const rolling = new RollingHash(words);
    this.#lengths ??= [...this.#byLength.keys()].sort((a, b) => b - a);
    for (const length of this.#lengths) {
      const ofLength = this.#byLength.get(length) as Map<number, Question[]>;
      for (let start = 0; start + length <= words.length; start += 1) {
        const questions = ofLength.get(rolling.of(start, start + length));
        if (questions === undefined) continue;
        const hash = hashText(words.slice(start, start + length).join(" "), 32);
        const found = questions.find((question) => question.hash === hash);
        if (found === undefined) continue;
        const around = `${words.slice(0, start).join(" ")}\n${words.slice(start + length).join(" ")}`;
        yield { places: found.places, template: hashText(around, 32) };
      }
    }
  }
}

/** Hashes of runs of words: of(i, j) depends on the words i … j − 1 alone. */
class RollingHash {
  readonly #p: Float64Array;
  readonly #q: Float64Array;
  readonly #powersP: Float64Array;
  readonly #powersQ: Float64Array;

  constructor(words: readonly string[]) {
    const size = words.length + 1;
    [this.#p, this.#q] = [new Float64Array(size), new Float64Array(size)];
    [this.#powersP, this.#powersQ] = [new Float64Array(size).fill(1), new Float64Array(size).fill(1)];
    for (const [at, word] of words.entries()) {
      const value = hashWord(word);
      this.#p[at + 1] = (this.#p[at]! * BASE_P + (value % P)) % P;
      this.#q[at + 1] = (this.#q[at]! * BASE_Q + (value % Q)) % Q;
      this.#powersP[at + 1] = (this.#powersP[at]! * BASE_P) % P;
      this.#powersQ[at + 1] = (this.#powersQ[at]! * BASE_Q) % Q;
    }
  }

  of(start: number, end: number): number {
    const p = (this.#p[end]! - ((this.#p[start]! * this.#powersP[end - start]!) % P) + P) % P;
    const q = (this.#q[end]! - ((this.#q[start]! * this.#powersQ[end - start]!) % Q) + Q) % Q;
    return p * 2 ** 26 + q;
  }
}

/** FNV-1a over a word's UTF-16 units, 32 bits; see http://www.isthe.com/chongo/tech/comp/fnv/. */
function hashWord(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at += 1) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
