import { stripMarkup } from "../extraction/answer-text.ts";

const MEANINGS: ReadonlyMap<string, boolean> = new Map([
  ...["yes", "true", "是", "对", "正确", "oui", "vrai", "ja"].map((word) => [word, true] as const),
  ...["no", "false", "否", "错", "错误", "不是", "non", "faux", "nein"].map((word) => [word, false] as const),
]);

/** Whether a whole text is yes or true (`true`), no or false (`false`), or neither. */
export function readYesNoWord(text: string): boolean | undefined {
  return MEANINGS.get(
    stripMarkup(text)
      .replaceAll(/[\s.,!。]/g, "")
      .toLowerCase(),
  );
}

/**
 * Yes or no at the start of an answer, before a pause or a reason: `Yes, because …`. Both in one
 * answer (`yes or no`) are neither, and so is `No valid answer`.
 */
export function readYesNo(answer: string): boolean | undefined {
  const whole = readYesNoWord(answer);
  if (whole !== undefined) return whole;
  const text = stripMarkup(answer).slice(0, 400).toLowerCase();
  const first =
    /^(yes|no|true|false|是|否|对|错|正确|错误|不是)(?=[\s,.;:!。，—-])[\s]{0,2}(?:[,.;:!。，—-]|because|since|it\b|the\b|there\b)/.exec(
      text,
    );
  if (first === null) return undefined;
  const meaning = MEANINGS.get(first[1] as string);
  const opposite = meaning ? /\b(?:or|and|actually)\s+(?:no|false)\b/ : /\b(?:or|and|actually)\s+(?:yes|true)\b/;
  const takenBack = meaning
    ? /^\w+\W+(?:\w+\W+){0,2}(?:no|false)\s*(?:[,.;:!]|$)/
    : /^\w+\W+(?:\w+\W+){0,2}(?:yes|true)\s*(?:[,.;:!]|$)/;
  return opposite.test(text) || takenBack.test(text) ? undefined : meaning;
}

/** The part of prose that says it: the end (`the statement is false.`), or else the start. */
export function findYesNo(response: string): string {
  const closing = /\b(?:statement|claim|sentence|answer|it|this|that)\sis\s{1,2}\**(true|false|yes|no)\W{0,6}$/i.exec(
    response.slice(-60),
  );
  return closing?.[1] ?? response.slice(0, 200);
}
