import { LIMITS } from "../limits.ts";

const DELIMITERS = [
  ["$$", "$$"],
  ["\\[", "\\]"],
  ["\\(", "\\)"],
  ["$", "$"],
] as const;

/** Signs from the end of a response in which formulas and brackets are looked for. */
const REACH = 8_192;

/** A place in a response: its text and where it ends, in characters from the response's end. */
export interface Place {
  readonly text: string;
  readonly behind: number;
}

/** What the last delimited formula holds; one dollar sign does not reach over a line. */
export function lastFormula(response: string): Place | undefined {
  const text = response.slice(-REACH);
  let best: { start: number; end: number; inner: string } | undefined;
  for (const [open, close] of DELIMITERS) {
    const end = lastUnescaped(text, close, text.length);
    if (end <= 0) continue;
    const start = lastUnescaped(text, open, end - open.length);
    if (start < 0 || (best !== undefined && end < best.end)) continue;
    const inner = text.slice(start + open.length, end);
    if (inner.trim() === "" || inner.length > LIMITS.candidate || (open === "$" && inner.includes("\n"))) continue;
    if (best === undefined || end > best.end) best = { start, end: end + close.length - 1, inner };
  }
  return best && { text: best.inner, behind: text.length - 1 - best.end };
}

/** `$` is also found inside `\$`, which is money. */
function lastUnescaped(text: string, sign: string, from: number): number {
  if (from < 0) return -1;
  let at = text.lastIndexOf(sign, from);
  while (sign === "$" && at > 0 && text[at - 1] === "\\") at = text.lastIndexOf(sign, at - 2);
  return at;
}

/** What the last `[…]` on one line holds. */
export function lastBracketed(response: string): string | undefined {
  const text = response.slice(-REACH);
  const end = text.lastIndexOf("]");
  const start = end < 0 ? -1 : text.lastIndexOf("[", end);
  if (start < 0 || text[start - 1] === "\\") return undefined;
  const inner = text.slice(start + 1, end);
  return inner.length > 200 || inner.includes("\n") || inner.includes(",") ? undefined : inner;
}
