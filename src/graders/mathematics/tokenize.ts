import { LIMITS } from "../limits.ts";
import {
  COMMANDS,
  CONSTANT_NAMES,
  FUNCTION_NAMES,
  OPERATOR_COMMANDS,
  SKIPPED_COMMANDS,
  TEXT_COMMANDS,
  VECTOR_COMMANDS,
} from "./notation.ts";
import { BRACKETED_STYLE, endOfNumber, isDigit, type NumberStyle, PLAIN_STYLE } from "./written-number.ts";

/** A sign of a mathematical answer. `spaced`: white space stood before it; a remark is a word of `\\text{…}`. */
export interface Token {
  readonly kind: "number" | "symbol" | "constant" | "function" | "command" | "operator" | "word" | "remark";
  readonly text: string;
  readonly spaced: boolean;
}

/** Splits LaTeX or plain notation into tokens; `undefined` when there are too many or a group is open. */
export function tokenize(text: string, style: NumberStyle = PLAIN_STYLE): readonly Token[] | undefined {
  const tokens: Token[] = [];
  return new Scanner(text, style, tokens, 0).scan() ? tokens : undefined;
}

const DOUBLE_SIGNS: ReadonlyMap<string, string> = new Map([
  ["<=", "<="],
  [">=", ">="],
  ["=<", "<="],
  ["=>", ">="],
  ["!=", "!="],
  ["**", "^"],
  ["==", "="],
  ["+-", "+-"],
  ["~=", "~"],
  ["<>", "!="],
]);

/** Text commands inside text commands. */
const TEXT_DEPTH = 8;

class Scanner {
  #at = 0;
  #spaced = false;
  #brackets = 0;
  readonly #text: string;
  readonly #style: NumberStyle;
  readonly #tokens: Token[];
  readonly #depth: number;

  constructor(text: string, style: NumberStyle, tokens: Token[], depth: number) {
    this.#text = text;
    this.#style = style;
    this.#tokens = tokens;
    this.#depth = depth;
  }

  /** Scans to the end; false when the text is past a limit or has an open group. */
  scan(): boolean {
    if (this.#depth > TEXT_DEPTH) return false;
    while (this.#at < this.#text.length) {
      if (this.#tokens.length > LIMITS.tokens) return false;
      const sign = this.#text[this.#at] as string;
      if (sign === " " || sign === "\n" || sign === "\t" || sign === "\r" || sign === "~") {
        this.#spaced = true;
        this.#at += 1;
      } else if (isDigit(sign) || (sign === "." && isDigit(this.#text[this.#at + 1]))) this.#scanNumber();
      else if (isLetter(sign)) {
        const end = endOfLetters(this.#text, this.#at);
        pushLetters(this.#text.slice(this.#at, end), this.#text.slice(end, end + 8), this.#tokens, this.#spaced);
        this.#spaced = false;
        this.#at = end;
      } else if (sign !== "\\") this.#scanSign(sign);
      else if (!this.#scanCommand()) return false;
    }
    return true;
  }

  #push(kind: Token["kind"], text: string): true {
    this.#tokens.push({ kind, text, spaced: this.#spaced });
    this.#spaced = false;
    return true;
  }

  #scanNumber(): void {
    const style = this.#brackets === 0 ? this.#style : BRACKETED_STYLE;
    const end = endOfNumber(this.#text, this.#at, style);
    const digits = this.#text.slice(this.#at, end);
    this.#push(
      "number",
      style.decimalComma && digits.includes(",")
        ? digits.replaceAll(/[. ]/g, "").replace(",", ".")
        : digits.replaceAll(/[, ]/g, ""),
    );
    this.#at = end;
    const exponent = /^[eE]([+-]?\d{1,6})(?![\w.])/.exec(this.#text.slice(end, end + 10));
    if (exponent === null) return;
    for (const text of ["*", "10", "^", "{", exponent[1] as string, "}"]) {
      if (/^[+-]/.test(text)) {
        this.#push("operator", text[0] as string);
        this.#push("number", text.slice(1));
      } else this.#push(/\d/.test(text) ? "number" : "operator", text);
    }
    this.#at = end + exponent[0].length;
  }

  #scanSign(sign: string): void {
    const foreign =
      sign > "\u007f" ? /^[\p{L}\p{M}]{1,40}/u.exec(this.#text.slice(this.#at, this.#at + 40))?.[0] : undefined;
    if (foreign !== undefined) {
      pushWord(foreign, this.#tokens, true, "remark");
      this.#at += foreign.length;
      return;
    }
    const double = DOUBLE_SIGNS.get(this.#text.slice(this.#at, this.#at + 2));
    if (sign === "(" || sign === "[") this.#brackets += 1;
    else if ((sign === ")" || sign === "]") && this.#brackets > 0) this.#brackets -= 1;
    this.#push("operator", double ?? sign);
    const wide = (this.#text.codePointAt(this.#at) as number) > 0xffff;
    this.#at += double !== undefined || wide ? 2 : 1;
  }

  #scanCommand(): boolean {
    const next = this.#text[this.#at + 1];
    if (next === undefined) {
      this.#at += 1;
      return true;
    }
    const end = isLetter(next) ? endOfLetters(this.#text, this.#at + 1) : this.#at + 2;
    const name = this.#text.slice(this.#at + 1, end);
    this.#at = end;
    if (SKIPPED_COMMANDS.has(name)) {
      if (this.#text[end] === "." && (name === "left" || name === "right")) this.#at += 1;
      return true;
    }
    const operator = OPERATOR_COMMANDS.get(name);
    if (operator !== undefined) {
      if (operator === "\\{") this.#brackets += 1;
      else if (operator === "\\}" && this.#brackets > 0) this.#brackets -= 1;
      return this.#push("operator", operator);
    }
    if (!isLetter(next)) {
      this.#spaced = true;
      return true;
    }
    return this.#scanNamed(name);
  }

  #scanNamed(name: string): boolean {
    if (TEXT_COMMANDS.has(name)) return this.#scanText();
    if (VECTOR_COMMANDS.has(name)) return this.#scanAccent(name);
    if (name === "begin" || name === "end") return this.#scanEnvironment(name);
    const called = FUNCTION_NAMES.get(name);
    if (called !== undefined) return this.#push("function", called);
    const constant = CONSTANT_NAMES.get(name);
    if (constant !== undefined) return this.#push("constant", constant);
    const spacing = /^q?quad(?=[a-zA-Z])/.exec(name)?.[0];
    if (spacing !== undefined) {
      this.#at -= name.length - spacing.length;
      return true;
    }
    const command = COMMANDS.get(name);
    return command === undefined ? this.#push("symbol", `\\${name}`) : this.#push("command", command);
  }

  #scanEnvironment(name: string): boolean {
    const group = readGroup(this.#text, this.#at);
    if (group === undefined) return false;
    const environment = group.text.replace("*", "");
    this.#push("command", `${name} ${environment}`);
    this.#at = group.end;
    if (environment === "array" && name === "begin") this.#at = readGroup(this.#text, group.end)?.end ?? group.end;
    return true;
  }

  /** `\\text{…}`: mathematics inside is read on; connectives become commas; anything else is remarks. */
  #scanText(): boolean {
    const group = readGroup(this.#text, this.#at);
    if (group === undefined) return true;
    this.#at = group.end;
    const content = group.text.trim();
    const called = FUNCTION_NAMES.get(content);
    if (called !== undefined) return this.#push("function", called);
    if (/\p{L}{2}|^\p{L}\/\p{L}$/u.test(content) && !/[\\$\d=+*^]/.test(content)) {
      for (const word of content.split(/[\s{}]|(?=\/)|(?<=\/)/)) {
        if (word === "/") this.#push("operator", word);
        else pushWord(word, this.#tokens, true, "remark");
      }
      return true;
    }
    const before = this.#tokens.length;
    if (!new Scanner(content, this.#style, this.#tokens, this.#depth + 1).scan()) return false;
    const first = this.#tokens[before];
    if (first !== undefined) this.#tokens[before] = this.#asUnit(first, before);
    this.#spaced = false;
    return true;
  }

  /** A single letter in text behind a number, with nothing after it, is a unit: `5\\text{ m}`. */
  #asUnit(token: Token, index: number): Token {
    const spaced = token.spaced || this.#spaced;
    const atEnd = /^\s{0,8}(?:[$^/]|$)/.test(this.#text.slice(this.#at, this.#at + 8));
    const alone = this.#tokens.length === index + 1 && this.#tokens[index - 1]?.kind === "number";
    return atEnd && alone && token.kind === "symbol" ? { ...token, kind: "remark", spaced } : { ...token, spaced };
  }

  #scanAccent(name: string): boolean {
    const group = readGroup(this.#text, this.#at);
    if (group === undefined) return true;
    this.#at = group.end;
    const inner = group.text.replaceAll(/[\s{}]/g, "");
    const last = this.#tokens.at(-1);
    if ((name === "overline" || name === "dot") && /^\d{1,32}$/.test(inner) && last?.text.includes(".")) {
      this.#tokens[this.#tokens.length - 1] = { ...last, text: `${last.text}r${inner}` };
      return true;
    }
    if (name === "mathbf") return /^[\d.]+$/.test(inner) ? this.#push("number", inner) : this.#push("symbol", inner);
    return this.#push("symbol", `${inner}^{${name}}`);
  }
}

/** A run of letters: a known name, a unit or word, or a product of one-letter symbols. */
function pushLetters(letters: string, following: string, tokens: Token[], spaced: boolean): void {
  if (letters.length === 1) {
    const unit = spaced && tokens.at(-1)?.kind === "number" && UNIT_LETTER.test(letters) && UNIT_END.test(following);
    tokens.push({ kind: unit ? "remark" : "symbol", text: letters, spaced });
    return;
  }
  const lower = letters.toLowerCase();
  const called = FUNCTION_NAMES.get(letters) ?? FUNCTION_NAMES.get(lower);
  const constant = CONSTANT_NAMES.get(letters) ?? (lower === "infinity" ? "infinity" : undefined);
  if (called !== undefined) tokens.push({ kind: "function", text: called, spaced });
  else if (constant !== undefined) tokens.push({ kind: "constant", text: constant, spaced });
  else if (letters === "sqrt" || letters === "frac") tokens.push({ kind: "command", text: letters, spaced });
  else pushWord(letters, tokens, spaced);
}

const UNIT_LETTER = /[mshgLlNJWVAKCF]/;
/** What may follow a unit of one letter: nothing, a power, a slash, or the next answer. */
const UNIT_END = /^(?:\^\{?\d\}?)?\s{0,4}(?:$|[,;/])/;

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

function endOfLetters(text: string, from: number): number {
  let at = from;
  while (isLetter(text[at])) at += 1;
  return at;
}

function isLetter(sign: string | undefined): boolean {
  return sign !== undefined && ((sign >= "a" && sign <= "z") || (sign >= "A" && sign <= "Z"));
}
