import { LIMITS } from "./limits.ts";
import {
  COMMANDS,
  CONSTANT_NAMES,
  FUNCTION_NAMES,
  OPERATOR_COMMANDS,
  SKIPPED_COMMANDS,
  TEXT_COMMANDS,
  VECTOR_COMMANDS,
} from "./notation.ts";

/** A sign of a mathematical answer. `spaced`: white space stood before it; a remark is a word of `\\text{…}`. */
export interface Token {
  readonly kind: "number" | "symbol" | "constant" | "function" | "command" | "operator" | "word" | "remark";
  readonly text: string;
  readonly spaced: boolean;
}

/** How digits and commas are read; an ambiguous text is tried in each way. */
export interface NumberStyle {
  /** `1,234,567` is one number. */
  readonly thousands: boolean;
  /** `2,74` is 2.74. */
  readonly decimalComma: boolean;
}

const PLAIN_STYLE: NumberStyle = { thousands: true, decimalComma: false };
/** Inside brackets a comma always separates. */
const BRACKETED_STYLE: NumberStyle = { thousands: false, decimalComma: false };

/** Splits LaTeX or plain notation into tokens; `undefined` when there are too many or a brace is open. */
export function tokenize(text: string, style: NumberStyle = PLAIN_STYLE): readonly Token[] | undefined {
  const tokens: Token[] = [];
  return scan(text, style, tokens, 0) ? tokens : undefined;
}

function scan(text: string, style: NumberStyle, tokens: Token[], depth: number): boolean {
  if (depth > 8) return false;
  let at = 0;
  let spaced = false;
  let bracket = 0;
  const push = (kind: Token["kind"], value: string): void => {
    tokens.push({ kind, text: value, spaced });
    spaced = false;
  };
  while (at < text.length) {
    if (tokens.length > LIMITS.tokens) return false;
    const sign = text[at] as string;
    if (sign === " " || sign === "\n" || sign === "\t" || sign === "\r" || sign === "~") {
      spaced = true;
      at += 1;
    } else if (isDigit(sign) || (sign === "." && isDigit(text[at + 1]))) {
      const end = endOfNumber(text, at, bracket === 0 ? style : BRACKETED_STYLE);
      const digits = text.slice(at, end);
      push("number", style.decimalComma && bracket === 0 ? digits.replace(",", ".") : digits.replaceAll(/[, ]/g, ""));
      at = end;
    } else if (isLetter(sign)) {
      let end = at + 1;
      while (end < text.length && isLetter(text[end])) end += 1;
      pushLetters(text.slice(at, end), text[end], tokens, spaced);
      spaced = false;
      at = end;
    } else if (sign === "\\") {
      const next = scanCommand(text, at, style, tokens, spaced, depth);
      if (next < 0) return false;
      spaced = next > 0 && text[next - 1] === " ";
      at = next;
      if (tokens.at(-1)?.text === "\\{") bracket += 1;
      else if (tokens.at(-1)?.text === "\\}") bracket -= 1;
    } else {
      const pair = text.slice(at, at + 2);
      const double = DOUBLE_SIGNS[pair];
      if (sign === "(" || sign === "[") bracket += 1;
      else if ((sign === ")" || sign === "]") && bracket > 0) bracket -= 1;
      push("operator", double ?? sign);
      at += double === undefined ? ((text.codePointAt(at) as number) > 0xffff ? 2 : 1) : 2;
    }
  }
  return true;
}

const DOUBLE_SIGNS: Readonly<Record<string, string>> = {
  "<=": "<=",
  ">=": ">=",
  "=<": "<=",
  "=>": ">=",
  "!=": "!=",
  "**": "^",
  "==": "=",
  "+-": "+-",
  "~=": "~",
  "<>": "!=",
};

/** Returns where to go on, or −1 when a group is not closed. */
function scanCommand(
  text: string,
  start: number,
  style: NumberStyle,
  tokens: Token[],
  spaced: boolean,
  depth: number,
): number {
  const next = text[start + 1];
  if (next === undefined) return start + 1;
  if (!isLetter(next)) {
    const operator = OPERATOR_COMMANDS[next];
    if (operator !== undefined) tokens.push({ kind: "operator", text: operator, spaced });
    return start + 2;
  }
  let end = start + 1;
  while (end < text.length && isLetter(text[end])) end += 1;
  const name = text.slice(start + 1, end);
  if (SKIPPED_COMMANDS.has(name)) return text[end] === "." && (name === "left" || name === "right") ? end + 1 : end;
  const operator = OPERATOR_COMMANDS[name];
  if (operator !== undefined) tokens.push({ kind: "operator", text: operator, spaced });
  else if (TEXT_COMMANDS.has(name)) return scanText(text, end, style, tokens, spaced, depth);
  else if (VECTOR_COMMANDS.has(name)) return scanAccent(name, text, end, tokens, spaced);
  else if (FUNCTION_NAMES.has(name))
    tokens.push({ kind: "function", text: FUNCTION_NAMES.get(name) as string, spaced });
  else if (CONSTANT_NAMES.has(name))
    tokens.push({ kind: "constant", text: CONSTANT_NAMES.get(name) as string, spaced });
  else if (name === "begin" || name === "end") {
    const group = readGroup(text, end);
    if (group === undefined) return -1;
    const environment = group.text.replace("*", "");
    tokens.push({ kind: "command", text: `${name} ${environment}`, spaced });
    if (environment !== "array" || name === "end") return group.end;
    const columns = readGroup(text, group.end);
    return columns?.end ?? group.end;
  } else if (COMMANDS.has(name)) tokens.push({ kind: "command", text: COMMANDS.get(name) as string, spaced });
  else tokens.push({ kind: "symbol", text: `\\${name}`, spaced });
  return end;
}

/** `\text{…}`: mathematics inside is read on; connectives become commas; anything else is words. */
function scanText(
  text: string,
  from: number,
  style: NumberStyle,
  tokens: Token[],
  spaced: boolean,
  depth: number,
): number {
  const group = readGroup(text, from);
  if (group === undefined) return from;
  const content = group.text.trim();
  const called = FUNCTION_NAMES.get(content);
  if (called !== undefined) {
    tokens.push({ kind: "function", text: called, spaced });
    return group.end;
  }
  if (!/[a-z]{2}/i.test(content)) {
    const before = tokens.length;
    if (!scan(content, style, tokens, depth + 1)) return -1;
    const first = tokens[before];
    if (first && spaced) tokens[before] = { ...first, spaced };
    const last = tokens.at(-1);
    const atEnd = /^\s*(?:[$^/]|$)/.test(text.slice(group.end, group.end + 8));
    const unitLetter =
      atEnd && tokens.length === before + 1 && last?.kind === "symbol" && tokens[before - 1]?.kind === "number";
    if (last && unitLetter) tokens[before] = { ...last, kind: "remark" };
    return group.end;
  }
  if (/[\\$\d=+*^]/.test(content)) return scan(content, style, tokens, depth + 1) ? group.end : -1;
  for (const word of content.split(/[\s{}]/)) {
    if (word !== "") pushWord(word, tokens, true, "remark");
  }
  return group.end;
}

function scanAccent(name: string, text: string, from: number, tokens: Token[], spaced: boolean): number {
  const group = readGroup(text, from);
  if (group === undefined) return from;
  const inner = group.text.trim();
  if (name === "mathbf" && /^[\d.]+$/.test(inner)) tokens.push({ kind: "number", text: inner, spaced });
  else
    tokens.push({
      kind: "symbol",
      text: `${inner.replaceAll(/[\s{}]/g, "")}^{${name === "mathbf" ? "" : name}}`,
      spaced,
    });
  return group.end;
}

/** A run of letters: a known name, a unit or word, or a product of one-letter symbols. */
function pushLetters(letters: string, following: string | undefined, tokens: Token[], spaced: boolean): void {
  const lower = letters.toLowerCase();
  const known = FUNCTION_NAMES.get(letters) ?? FUNCTION_NAMES.get(lower);
  if (letters.length > 1 && known !== undefined) tokens.push({ kind: "function", text: known, spaced });
  else if (letters.length > 1 && (letters === "sqrt" || letters === "frac"))
    tokens.push({ kind: "command", text: letters, spaced });
  else if ((CONSTANT_NAMES.has(letters) && letters !== "oo") || lower === "infinity" || letters === "oo")
    tokens.push({ kind: "constant", text: CONSTANT_NAMES.get(letters) ?? "infinity", spaced });
  else if (letters.length === 1) {
    const unit =
      spaced && tokens.at(-1)?.kind === "number" && following === undefined && /[mshgLlNJWVAKCF]/.test(letters);
    tokens.push({ kind: unit ? "word" : "symbol", text: letters, spaced });
  } else pushWord(letters, tokens, spaced);
}

function pushWord(word: string, tokens: Token[], spaced: boolean, kind: "word" | "remark" = "word"): void {
  const bare = word.replaceAll(/^[,.;:]+|[.;:]+$/g, "");
  const lower = bare.toLowerCase().replace(/,$/, "");
  if (lower === "") return;
  if (lower === "and" || lower === "or") tokens.push({ kind: "operator", text: ",", spaced });
  else if (lower === "in") tokens.push({ kind: "operator", text: "∈", spaced });
  else tokens.push({ kind, text: bare.replace(/,$/, ""), spaced });
}

/** The braced group at `from` (white space before it skipped), with escapes respected. */
function readGroup(text: string, from: number): { text: string; end: number } | undefined {
  let at = from;
  while (text[at] === " ") at += 1;
  if (text[at] !== "{")
    return text[at] === undefined || text[at] === "}" ? undefined : { text: text[at] as string, end: at + 1 };
  let depth = 0;
  for (let end = at; end < text.length; end += 1) {
    const sign = text[end];
    if (sign === "\\") end += 1;
    else if (sign === "{") depth += 1;
    else if (sign === "}") {
      depth -= 1;
      if (depth === 0) return { text: text.slice(at + 1, end), end: end + 1 };
    }
  }
  return undefined;
}

function endOfNumber(text: string, start: number, style: NumberStyle): number {
  let at = start;
  while (isDigit(text[at])) at += 1;
  if (style.decimalComma) return text[at] === "," && isDigit(text[at + 1]) ? endOfDigits(text, at + 1) : at;
  if (style.thousands && at - start <= 3 && at > start) {
    while ((text[at] === "," || text[at] === " ") && endOfDigits(text, at + 1) === at + 4) at += 4;
  }
  return text[at] === "." && isDigit(text[at + 1])
    ? endOfDigits(text, at + 1)
    : text[at] === "." && at > start && !isLetter(text[at + 1]) && text[at + 1] !== "."
      ? at + 1
      : at;
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  while (isDigit(text[at])) at += 1;
  return at;
}

function isDigit(sign: string | undefined): boolean {
  return sign !== undefined && sign >= "0" && sign <= "9";
}

function isLetter(sign: string | undefined): boolean {
  return sign !== undefined && ((sign >= "a" && sign <= "z") || (sign >= "A" && sign <= "Z"));
}
