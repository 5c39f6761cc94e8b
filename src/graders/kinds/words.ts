import { stripMarkup } from "../extraction/answer-text.ts";

const SPELLINGS: ReadonlyMap<string, string> = new Map([
  ["grey", "gray"],
  ["colour", "color"],
  ["centre", "center"],
  ["metre", "meter"],
]);

/** Case, punctuation, articles and spelling variants folded; two texts are compared whole, never in part. */
export function foldWords(text: string): string {
  return stripMarkup(text)
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/['’‘]|\.(?!\d)/g, "")
    .replaceAll(/[^\p{L}\p{N}.<>=+\-/%$^_\\]+/gu, " ")
    .replaceAll(/(?<=\p{L})-(?=\p{L})/gu, " ")
    .trim()
    .split(" ")
    .map((word) => SPELLINGS.get(word) ?? word)
    .filter((word, at) => at > 0 || !/^(?:the|a|an)$/.test(word))
    .join(" ");
}

/** What cannot follow an answer as its reason: it offers or takes back. */
const SECOND_THOUGHT =
  /^(?:or|and|but|maybe|perhaps|possibly|wait|no|not sure|actually|hmm|however|alternatively|also)\b/i;
const REASON = /^(?:because|since|as|which|it|its|they|this|that|these|those|so|not)\s/i;

/**
 * Places in a candidate that may be the words meant: all of it, and what stands before a reason. After a comma
 * or semicolon only a clause that reads as a reason is one, after a full stop or line any sentence of four words;
 * `red, blue` and `red. Or blue, who knows` are not `red`.
 */
export function wordPlaces(candidate: string): readonly string[] {
  const pause = /^([^,;.\n]{1,100})([,;.\n])\s*/.exec(candidate);
  const because = candidate.search(/\s(?:because|since)\s/);
  const places = [candidate, because > 0 ? candidate.slice(0, because) : candidate];
  if (pause === null) return places;
  const rest = candidate.slice(pause[0].length, pause[0].length + 200).trim();
  const sentence = /[.\n]/.test(pause[2] as string) && rest.split(/\s+/).length >= 4;
  const reads = rest === "" || REASON.test(rest) || (sentence && !SECOND_THOUGHT.test(rest));
  return reads ? [...places, pause[1] as string] : places;
}

/** Whether a text is made of words only: letters, spaces, hyphens, with at least one word of two letters. */
export function isWords(text: string): boolean {
  const bare = stripMarkup(text);
  return /^[\p{L}\s'’.,&!?-]+$/u.test(bare) && /\p{L}{2}/u.test(bare);
}

const NUMBERS =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split(
    " ",
  );
const TENS = "thirty forty fifty sixty seventy eighty ninety hundred".split(" ");

/** `twelve` and `twenty-one` as digits; `undefined` for other words. */
export function readNumberWord(text: string): string | undefined {
  const word = text.trim().toLowerCase();
  const small = NUMBERS.indexOf(word);
  if (small >= 0) return `${small}`;
  const ten = TENS.indexOf(word);
  if (ten >= 0) return `${(ten + 3) * 10}`;
  const [tens, ones, more] = word.split(/[\s-]/);
  const [high, low] = [tens === "twenty" ? -1 : TENS.indexOf(tens ?? ""), NUMBERS.indexOf(ones ?? "")];
  const valid = (high >= 0 || tens === "twenty") && high < 7 && low > 0 && low < 10 && more === undefined;
  return valid ? `${(high + 3) * 10 + low}` : undefined;
}
