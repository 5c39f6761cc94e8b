import { toPlainNotation } from "./plain-notation.ts";

/** What stands behind two backslashes only when a text was escaped twice. */
const ESCAPED_TWICE =
  /(?<!\\)\\\\(?=(?:[dt]?frac|sqrt|left|right|text|mathrm|boxed|cdot|times|pi|infty|cup|pm|circ|begin|end|overline|theta)(?![a-z]))/g;

/**
 * The bare answer in a candidate or a ground truth: plain notation, escapes mended, and the wrappers
 * that say nothing (delimiters, bold, quotes, a box, a final full stop) taken off.
 */
export function cleanAnswer(text: string): string {
  let clean = toPlainNotation(mendEscapes(text)).trim();
  for (let round = 0; round < 6; round += 1) {
    const before = clean;
    clean = stripEnds(clean);
    for (const [open, close] of WRAPPERS) clean = unwrap(clean, open, close);
    clean = unwrapBox(clean);
    if (clean === before) break;
  }
  return clean;
}

const WRAPPERS = [
  ["$$", "$$"],
  ["$", "$"],
  ["\\(", "\\)"],
  ["\\[", "\\]"],
  ["**", "**"],
  ["__", "__"],
  ["`", "`"],
  ['"', '"'],
  ["'", "'"],
] as const;

function mendEscapes(text: string): string {
  if (!text.includes("\\\\")) return text;
  return /(?<!\\)\\\\begin/.test(text) ? text.replaceAll("\\\\", "\\") : text.replaceAll(ESCAPED_TWICE, "\\");
}

function stripEnds(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && /[\s:*=]/.test(text[start] as string)) start += 1;
  for (;;) {
    const last = text[end - 1];
    if (end <= start || last === undefined) break;
    const escaped = text[end - 2] === "\\";
    if (/\s/.test(last) || (last === "*" && text[end - 2] === "*")) end -= 1;
    else if (/[,;?:]/.test(last) && !escaped) end -= 1;
    else if (last === "." && text[end - 2] !== "." && !/[AaPp]\.?[Mm]\.$/.test(text.slice(0, end))) end -= 1;
    else if (last === "\\" && !escaped) end -= 1;
    else if (escaped && /[,;!:]/.test(last)) end -= 2;
    else break;
  }
  return text.slice(start, end);
}

function unwrap(text: string, open: string, close: string): string {
  if (text.length < open.length + close.length || !text.startsWith(open) || !text.endsWith(close)) return text;
  const inner = text.slice(open.length, -close.length);
  return inner.includes(open) || inner.includes(close) ? text : inner;
}

function unwrapBox(text: string): string {
  const opening = /^\\f?box(?:ed)?\s?\{/.exec(text)?.[0];
  if (opening === undefined || !text.endsWith("}")) return text;
  const inner = text.slice(opening.length, -1);
  let depth = 0;
  for (let at = 0; at < inner.length; at += 1) {
    if (inner[at] === "\\") at += 1;
    else if (inner[at] === "{") depth += 1;
    else if (inner[at] === "}") depth -= 1;
    if (depth < 0) return text;
  }
  return inner;
}

/** The words of a text without LaTeX's text commands, delimiters and emphasis. */
export function stripMarkup(text: string): string {
  return text
    .replaceAll(/\\(?:text|mathrm|mbox|textbf|textit|textrm|mathbf|mathit|textsf|operatorname)\s?\{/g, "{")
    .replaceAll(/\\[,;:! ]|\\q?quad/g, " ")
    .replaceAll(/[{}$*`"]|\\[()[\]]/g, " ")
    .trim();
}
