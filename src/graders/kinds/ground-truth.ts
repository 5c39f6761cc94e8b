import { cleanAnswer, stripMarkup } from "../extraction/answer-text.ts";
import { extractAnswer } from "../extraction/extract-answer.ts";
import { findBoxes, lastBoxes } from "../extraction/find-boxes.ts";
import { findExcess, LIMITS } from "../limits.ts";
import type { GradingPolicies } from "../policies.ts";
import { readBlanks } from "./blanks.ts";
import { readChoice } from "./choice-truth.ts";
import { areTimesEqual, readClockTime } from "./clock-time.ts";
import { readDuration } from "./duration.ts";
import { compactText, readMathematics } from "./mathematics-truth.ts";
import { foldWords, wordPlaces } from "./words.ts";
import { readYesNo, readYesNoWord } from "./yes-no.ts";

/** A ground truth read once: its kind, and how a candidate is judged against it. */
export interface GroundTruth {
  readonly kind: string;
  /** Number of options when the truth is one of known options. */
  readonly options?: number;
  /** Number of answers asked for when there are several blanks. */
  readonly blanks?: number;
  /** Whether the candidate is right; `undefined` when it cannot be read as an answer of this kind. */
  readonly judge: (candidate: string, parts?: readonly string[]) => boolean | undefined;
}

/** Why no rule can grade a ground truth. */
export interface Unreadable {
  readonly kind: string;
  readonly reason: string;
}

/** Words of a phrase that is compared as text; longer ones can be said in too many ways. */
const PHRASE_WORDS = 8;

/** Finds the kind of a ground truth and the rule that grades it, or says why there is none. */
export function readGroundTruth(
  text: string,
  choices: readonly string[] | undefined,
  policies: GradingPolicies,
): GroundTruth | Unreadable {
  if (text.length > LIMITS.responseTail) {
    return { kind: "over-limit", reason: `The ground truth is longer than ${LIMITS.responseTail} characters.` };
  }
  if (hasStrayBoxes(text)) {
    return { kind: "several-boxes", reason: "The ground truth has several boxes that are not one answer." };
  }
  const answer = locate(text);
  const excess = findExcess(answer);
  if (excess !== undefined) return { kind: "over-limit", reason: `The ground truth is past a limit: ${excess}.` };
  const clean = cleanAnswer(answer);
  if (clean === "") return { kind: "empty", reason: "The ground truth is empty." };
  return readKind(clean, answer, choices, policies);
}

function readKind(
  clean: string,
  answer: string,
  choices: readonly string[] | undefined,
  policies: GradingPolicies,
): GroundTruth | Unreadable {
  const plain = (text: string): GroundTruth | Unreadable => readKind(text, text, undefined, policies);
  return (
    readChoice(clean, choices, plain) ??
    readYesNoTruth(clean) ??
    readTimeTruth(clean) ??
    readDurationTruth(clean) ??
    readBlanks(answer, plain) ??
    readMathematics(clean, policies) ??
    readPhrase(clean)
  );
}

/** Boxes of a ground truth that are not one answer: which of them counts would be a guess. */
function hasStrayBoxes(text: string): boolean {
  const boxes = findBoxes(text);
  const answers = new Set(boxes.map((box) => cleanAnswer(box.text)));
  return answers.size > 1 && lastBoxes(boxes, text).length < boxes.length;
}

/** A ground truth may itself be a worked solution: then its box or its marked answer counts. */
function locate(text: string): string {
  const short = text.length <= 80 && !/answer\s(?:is|:)|\\f?boxed|<answer>|\\beginboxed/i.test(text);
  if (short) return text;
  for (const candidate of extractAnswer(text)) {
    if (candidate.explicit || (candidate.rule === "marker" && /answer/i.test(text))) return candidate.text;
  }
  return text;
}

function readYesNoTruth(clean: string): GroundTruth | undefined {
  const meaning = readYesNoWord(clean);
  if (meaning === undefined) return undefined;
  const kind = /^(?:true|false)$/i.test(stripMarkup(clean)) ? "true-false" : "yes-no";
  return {
    kind,
    judge: (candidate) => {
      const said = readYesNo(cleanAnswer(candidate));
      return said === undefined ? undefined : said === meaning;
    },
  };
}

function readTimeTruth(clean: string): GroundTruth | undefined {
  const time = /[ap]\.?\s?m/i.test(clean) || /^\d{1,2}:\d{2}$/.test(clean) ? readClockTime(clean) : undefined;
  if (time === undefined) return undefined;
  return {
    kind: "time",
    judge: (candidate) => {
      const said = readClockTime(cleanAnswer(candidate));
      return said === undefined ? undefined : areTimesEqual(time, said);
    },
  };
}

/** Only for ground truths of several units; `75 minutes` alone is a quantity. */
function readDurationTruth(clean: string): GroundTruth | undefined {
  const seconds = readDuration(clean);
  if (seconds === undefined || seconds.units < 2) return undefined;
  return {
    kind: "duration",
    judge: (candidate) => {
      const said = readDuration(cleanAnswer(candidate));
      return said === undefined ? undefined : said.seconds === seconds.seconds;
    },
  };
}

/** Mathematics or codes that cannot be parsed: only the same signs will do. */
function readSigns(bare: string): GroundTruth {
  const compact = compactText(bare);
  return {
    kind: "signs",
    judge: (candidate) => {
      const text = cleanAnswer(candidate);
      return text === "" ? undefined : compactText(stripMarkup(text)) === compact;
    },
  };
}

/** A word or a short phrase, compared whole; a sentence is for a judge. */
function readPhrase(clean: string): GroundTruth | Unreadable {
  const folded = foldWords(clean);
  const words = foldWords(clean.replaceAll(/\$[^$]{0,300}(?:\$|$)/g, " x "))
    .split(" ")
    .filter(Boolean).length;
  const sentence = words > PHRASE_WORDS;
  if (folded === "" || sentence || /[∵∴]/.test(clean)) {
    return {
      kind: "free-text",
      reason: `Free text of ${words} words can be right in too many ways for a rule: "${clean.slice(0, 60)}". Use an LLM judge or a reward of your own.`,
    };
  }
  const bare = stripMarkup(clean);
  if (/[\d\\^_|!=+*/<>]/.test(bare)) return readSigns(bare);
  const kind = words > 1 ? "phrase" : "word";
  return {
    kind,
    judge: (candidate) => {
      const text = cleanAnswer(candidate);
      if (text === "" || text.length > 400) return undefined;
      return wordPlaces(text).some((place) => foldWords(place) === folded);
    },
  };
}
