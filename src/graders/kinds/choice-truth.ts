import { cleanAnswer, stripMarkup } from "../extraction/answer-text.ts";
import { readChoiceLetters, readLetterRun, textAfterLetter } from "./choice-letter.ts";
import type { GroundTruth, Unreadable } from "./ground-truth.ts";
import { foldWords } from "./words.ts";

type ReadPlain = (text: string) => GroundTruth | Unreadable;

/**
 * Ground truths that name options: a letter, several letters, `(D) text`, or with known options the
 * text of one. `undefined` when the truth names none.
 */
export function readChoice(
  clean: string,
  choices: readonly string[] | undefined,
  readPlain: ReadPlain,
): GroundTruth | undefined {
  const known = choices !== undefined && choices.length > 1 ? choices : undefined;
  return (known && readOptionText(clean, known, readPlain)) ?? readLetters(clean, known, readPlain);
}

function readLetters(
  clean: string,
  choices: readonly string[] | undefined,
  readPlain: ReadPlain,
): GroundTruth | undefined {
  const letters = namedLetters(clean, choices);
  if (letters === undefined || (choices && letters.some((letter) => letter.charCodeAt(0) - 65 >= choices.length)))
    return undefined;
  const own = textAfterLetter(clean);
  const texts =
    letters.length > 1
      ? []
      : choices
        ? [choices[letterIndex(letters[0] as string)] as string]
        : own === ""
          ? []
          : [own];
  const judges = texts
    .filter((text) => text.trim() !== "" && readChoiceLetters(text) === undefined)
    .map((text) => readPlain(text));
  return {
    kind: letters.length > 1 ? "choices" : "choice",
    ...(choices && letters.length === 1 ? { options: choices.length } : {}),
    judge: (candidate) => {
      const text = cleanAnswer(candidate);
      return judgeLetters(text, letters, choices) ?? judgeTexts(text, judges, choices);
    },
  };
}

/** The letters a ground truth consists of, with at most an option's text behind one of them. */
function namedLetters(clean: string, choices: readonly string[] | undefined): readonly string[] | undefined {
  const run = choices ? readLetterRun(clean) : undefined;
  if (run !== undefined) return run;
  const bare = stripMarkup(clean);
  if (/^[([]?[A-Z][)\]]?[.:]?$/.test(bare)) return readChoiceLetters(bare);
  if (/^\(?[A-Z][).:]\s{0,2}\S/.test(bare) || /^[A-Z]\s[A-Z][a-z]/.test(bare)) return readChoiceLetters(bare);
  const several = /^\(?[A-Z]\)?(?:\s?(?:,|;|and|or|&)\s?\(?[A-Z]\)?){1,9}$/.test(bare);
  return several ? readChoiceLetters(bare) : undefined;
}

function judgeLetters(
  candidate: string,
  letters: readonly string[],
  choices: readonly string[] | undefined,
): boolean | undefined {
  const said = (letters.length > 1 ? readLetterRun(candidate) : undefined) ?? readChoiceLetters(candidate);
  if (said === undefined) return undefined;
  if (said.join() !== letters.join())
    return choices && said.length === 1 && isOption(candidate, choices) ? undefined : false;
  const text = foldWords(textAfterLetter(candidate));
  const named = text === "" ? -1 : (choices?.findIndex((choice) => foldWords(choice) === text) ?? -1);
  return named < 0 || letters.length > 1 || foldWords(choices?.[letterIndex(letters[0] as string)] ?? "") === text;
}

/** An option whose text starts like a letter (`C major`) is read as text. */
function isOption(candidate: string, choices: readonly string[]): boolean {
  const folded = foldWords(candidate);
  return folded.length > 1 && choices.some((choice) => foldWords(choice) === folded);
}

function judgeTexts(
  candidate: string,
  judges: readonly (GroundTruth | Unreadable)[],
  choices: readonly string[] | undefined,
): boolean | undefined {
  const [judge] = judges;
  if (judge === undefined || "reason" in judge) return choices && isOption(candidate, choices) ? false : undefined;
  const right = judge.judge(candidate);
  const words = judge.kind === "word" || judge.kind === "phrase" || judge.kind === "signs";
  if (right === false && words && !(choices && isOption(candidate, choices))) return undefined;
  return right;
}

/** The truth is the text of an option: that text, or its letter, is right. */
function readOptionText(clean: string, choices: readonly string[], readPlain: ReadPlain): GroundTruth | undefined {
  const folded = foldWords(clean);
  const letters = choices.flatMap((choice, at) => (foldWords(choice) === folded ? [String.fromCharCode(65 + at)] : []));
  const lettersThemselves = choices.every((choice) => /^\(?[A-Z]\)?\.?$/.test(choice.trim()));
  if (letters.length === 0 || lettersThemselves || folded === "") return undefined;
  const plain = readPlain(clean);
  if (plain.kind === "choice") return undefined;
  return {
    kind: "reason" in plain ? "option-text" : plain.kind,
    options: choices.length,
    judge: (candidate) => {
      if (foldWords(candidate) === folded) return true;
      const said = readChoiceLetters(candidate);
      if (said !== undefined && !isOption(candidate, choices)) {
        const text = foldWords(textAfterLetter(candidate));
        const other = choices.some((choice) => foldWords(choice) === text) && text !== folded;
        return said.length === 1 && letters.includes(said[0] as string) && !other;
      }
      return "reason" in plain ? (isOption(candidate, choices) ? false : undefined) : plain.judge(candidate);
    },
  };
}

function letterIndex(letter: string): number {
  return letter.charCodeAt(0) - 65;
}
