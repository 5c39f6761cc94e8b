import { stripMarkup } from "../extraction/answer-text.ts";

const LEAD = /^(?:(?:the\s)?(?:correct\s)?(?:option|choice|answer|letter)s?\s?(?:is|are|:)?|选项?|選)\s{0,3}/i;

/**
 * The choice letters an answer names, upper case, sorted and each once: `C`, `(C) text`, `B and D`,
 * `option c`. `undefined` when it does not start with a letter that stands for itself.
 */
export function readChoiceLetters(answer: string): readonly string[] | undefined {
  const text = stripMarkup(answer).replace(LEAD, "").slice(0, 400);
  if (/^[\s([]{0,3}[a-z][\s)\].:]{0,3}$/.test(text)) return [text.replaceAll(/[^a-z]/g, "").toUpperCase()];
  const letters: string[] = [];
  let at = 0;
  for (;;) {
    const match = /^[\s([]{0,3}([A-Z])(?![A-Za-z0-9'’^_+*/=])[)\]]?/.exec(text.slice(at, at + 12));
    if (match === null) break;
    letters.push(match[1] as string);
    at += match[0].length;
    const joint =
      /^[\s.:]{0,3}(?:,\s?(?:and|or)?|;|&|\/|and\b|or\b|和|、|(?=\s?\())\s{0,3}(?=\(?[A-Z](?![A-Za-z]))/.exec(
        text.slice(at, at + 16),
      );
    if (joint === null) break;
    at += joint[0].length;
  }
  if (letters.length === 0) return undefined;
  const rest = text.slice(at);
  if (/^\s{1,2}(?:is|are|was)\s(?:not\b|n't|wrong|incorrect|false)/.test(rest)) return undefined;
  if (/^[\s.,;:?!)\]]{1,4}\(?[A-Z][\s.,;:?!)\]]{0,4}$/.test(rest)) letters.push((rest.match(/[A-Z]/) ?? [""])[0]);
  if (
    letters.length === 1 &&
    /^[AI]$/.test(letters[0] as string) &&
    /^\s[a-z]/.test(rest) &&
    text[at - 1] !== ")" &&
    !/^\s(?:because|since|as|is)\b/.test(rest)
  )
    return undefined;
  return [...new Set(letters)].sort();
}

/** `ACD` written as one run, for ground truths of several letters. */
export function readLetterRun(answer: string): readonly string[] | undefined {
  const text = stripMarkup(answer).replaceAll(/[\s,;.()]|and/g, "");
  return /^[A-Z]{2,10}$/.test(text) && new Set(text).size === text.length ? [...text].sort() : undefined;
}

/** The text behind the letter: `Alina` of `(D) Alina`; "" when there is none. */
export function textAfterLetter(answer: string): string {
  return stripMarkup(answer)
    .replace(LEAD, "")
    .replace(/^[\s([]{0,3}[A-Za-z][)\].:]{0,2}\s{0,3}/, "");
}

/** The last letter in prose that says `option C` or stands alone on the last line or at the start. */
export function findChoiceLetter(response: string): string | undefined {
  const tail = response.slice(-4_000);
  const start = readChoiceLetters(response.slice(0, 200));
  if (start !== undefined && /^[\s([*]{0,4}[A-Z][)\].:,*\s]/.test(`${response} `)) return response.slice(0, 200);
  const lastLine = tail.trimEnd().split("\n").at(-1) ?? "";
  if (lastLine.length < 80 && /^[\s([*]{0,4}[A-Z][)\].:*]{0,4}(?:\s|$)/.test(lastLine) && readChoiceLetters(lastLine))
    return lastLine;
  const end = tail.trimEnd().slice(-60);
  const closing =
    /(?:\bis|choose|select|pick|choice|so|thus|hence|therefore),?\s{1,2}[(*]{0,3}([A-Z])[)*.\s]{0,6}$/.exec(end);
  if (closing !== null && !/(?:\bnot|\bnever|n['’]t)\s{1,2}(?:be\s)?$/i.test(end.slice(0, closing.index)))
    return closing[1];
  const mentions = [
    ...tail.matchAll(/(?:[Oo]ption|[Cc]hoice|[Aa]nswer|选|選)\s{0,2}(?:is\s)?\*{0,2}\(?([A-Z])(?![A-Za-z]|\s?\/)/g),
  ];
  return mentions.at(-1)?.[1];
}
