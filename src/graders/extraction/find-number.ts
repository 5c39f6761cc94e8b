import type { Place } from "./find-formula.ts";
import { foldDigits } from "./plain-notation.ts";

/** Signs from the end of a response in which its last number is looked for. */
const REACH = 2_000;

const NUMBER = /\d[\d,]{0,255}(?:\.\d{1,255})?|\.\d{1,255}/g;
const FOLLOWING = /^(?:\s?\/\s?\d{1,255}(?![\d/])|\s?(?:\\?%|percent\b|％))/;

/** The last number of a text as written, with its sign, fraction bar or percent sign. */
export function lastNumber(response: string): Place | undefined {
  const text = foldDigits(response.slice(-REACH));
  let found: { text: string; start: number; end: number } | undefined;
  for (const match of text.matchAll(NUMBER)) {
    if (found !== undefined && match.index < found.end) continue;
    const before = text[match.index - 1] ?? " ";
    if (/[A-Za-z_^]/.test(before)) continue;
    const number = match[0].endsWith(",") ? match[0].replace(/,{1,255}$/, "") : match[0];
    const end = match.index + number.length;
    const following = FOLLOWING.exec(text.slice(end, end + 260))?.[0] ?? "";
    const written = signBefore(text, match.index) + number + following;
    found = { text: written, start: match.index, end: end + following.length };
  }
  // A number inside a formula that could not be read is no answer.
  if (found === undefined || /^\s{0,8}\}/.test(text.slice(found.end, found.end + 9))) return undefined;
  // A bound (`x ≥ 5`) is no number either; the `>` of a tag is no sign.
  if (/(?:[≥≤≠]|(?:^|[^\w"'/>-])[<>])\s?$/.test(text.slice(Math.max(0, found.start - 4), found.start)))
    return undefined;
  return { text: found.text, behind: text.length - found.end };
}

/** A minus counts where no operand stands before it. */
function signBefore(text: string, start: number): string {
  if (/(?:negative|minus)\s$/i.test(text.slice(Math.max(0, start - 10), start))) return "-";
  const sign = text[start - 1];
  if (sign !== "-" && sign !== "−") return "";
  return /[\w)]/.test(text[start - 2] ?? " ") ? "" : "-";
}
