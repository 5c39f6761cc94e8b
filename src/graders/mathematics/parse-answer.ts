import { LIMITS } from "../limits.ts";
import { divide, type Node } from "./expression.ts";
import { readSum } from "./parse-expression.ts";
import { ParseFailure, TokenCursor } from "./token-cursor.ts";
import { type Token, tokenize } from "./tokenize.ts";
import { FILLER_WORDS, normalizeUnitWord, POWER_WORDS } from "./units.ts";
import type { NumberStyle } from "./written-number.ts";

/** A text read as mathematics, or why it is none. */
export type Parsed = { readonly node: Node } | { readonly failure: string };

/** Reads a whole text as one answer: an expression, or structure around expressions. */
export function parseAnswer(text: string, style?: NumberStyle): Parsed {
  const tokens = tokenize(text, style);
  if (tokens === undefined) return { failure: `more than ${LIMITS.tokens} signs, or an open group` };
  if (tokens.length === 0) return { failure: "no mathematics" };
  const cursor = new TokenCursor(dropCurrencyDollars(tokens), readBracketed);
  try {
    const node = readList(cursor, "list");
    const rest = cursor.peek();
    return rest === undefined ? { node } : { failure: `unexpected ${rest.text}` };
  } catch (error) {
    if (error instanceof ParseFailure) return { failure: error.reason };
    throw error;
  }
}

/** `$` in pairs are delimiters; `\$`, and a `$` without a partner, are money. */
function dropCurrencyDollars(tokens: readonly Token[]): readonly Token[] {
  const dollars = tokens.filter((token) => token.kind === "operator" && token.text === "$").length;
  const kept =
    dollars === 0
      ? [...tokens]
      : tokens.filter((token) => dollars % 2 === 1 || token.text !== "$" || token.kind !== "operator");
  return kept.map((token) =>
    token.kind === "operator" &&
    (token.text === "$" || token.text === "\\$" || token.text === "€" || token.text === "£" || token.text === "¥")
      ? { kind: "operator", text: token.text === "\\$" ? "$" : token.text, spaced: token.spaced }
      : token,
  );
}

/** list := item ((, | ; | and | or) item)* */
function readList(cursor: TokenCursor, type: "list" | "items"): Node {
  const items: Node[] = [readItem(cursor)];
  while (cursor.sees(",") || cursor.sees(";")) {
    while (cursor.accept(",") || cursor.accept(";"));
    const rest = cursor.peek();
    if (rest === undefined || rest.text === ")" || rest.text === "]") {
      if (rest === undefined && items.length === 1) break;
      throw new ParseFailure("a list that ends in a comma");
    }
    items.push(readItem(cursor));
    if (items.length > LIMITS.elements) throw new ParseFailure(`more than ${LIMITS.elements} elements`);
  }
  return items.length === 1 && type === "list" ? (items[0] as Node) : { type: "list", items };
}

const RELATIONS = new Set(["=", "!=", "<", "<=", ">", ">=", "~", "∈", "≡"]);

/** item := union (relation union)* unit? */
function readItem(cursor: TokenCursor): Node {
  const sides: Node[] = [readRatio(cursor)];
  const operators: string[] = [];
  for (;;) {
    const token = cursor.peek();
    if (token?.kind !== "operator" || !RELATIONS.has(token.text)) break;
    cursor.at += 1;
    operators.push(token.text);
    sides.push(readRatio(cursor));
  }
  return operators.length === 0 ? (sides[0] as Node) : { type: "relation", sides, operators };
}

function readRatio(cursor: TokenCursor): Node {
  const parts: Node[] = [readUnion(cursor)];
  while (cursor.accept(":")) parts.push(readUnion(cursor));
  return parts.length === 1 ? (parts[0] as Node) : { type: "ratio", parts };
}

function readUnion(cursor: TokenCursor): Node {
  let node = readQuantity(cursor);
  for (;;) {
    const token = cursor.peek();
    if (token?.kind !== "operator" || (token.text !== "∪" && token.text !== "∩" && token.text !== "∖")) return node;
    cursor.at += 1;
    const right = readQuantity(cursor);
    const parts = node.type === "union" && node.operator === token.text ? [...node.parts, right] : [node, right];
    node = { type: "union", operator: token.text, parts };
  }
}

const MONEY = new Set(["$", "€", "£", "¥"]);

/** An expression with the currency before it or the unit behind it. */
function readQuantity(cursor: TokenCursor): Node {
  const minus = cursor.sees("-") && MONEY.has(cursor.peek(1)?.text ?? "");
  if (minus) cursor.at += 1;
  const sign = cursor.peek();
  const money = sign?.kind === "operator" && MONEY.has(sign.text);
  if (money) cursor.at += 1;
  while (
    /^(?:word|remark)$/.test(cursor.peek()?.kind ?? "") &&
    /^(about|approximately|approx|around|exactly)$/i.test(cursor.peek()?.text ?? "")
  )
    cursor.at += 1;
  const value = readSum(cursor);
  const of: Node = minus
    ? { type: "product", factors: [{ type: "number", value: { n: -1n, d: 1n }, decimal: false }, value] }
    : value;
  const unit = readUnit(cursor);
  if (unit === "percent") return { type: "percent", of };
  if (money) return { type: "quantity", of, unit: normalizeUnitWord(sign.text) };
  if (unit === "") return of;
  return of.type === "quantity" ? { ...of, unit: `${of.unit} ${unit}` } : { type: "quantity", of, unit };
}

/** Up to four words with powers and slashes, each in its one name; "" when there are none. */
function readUnit(cursor: TokenCursor): string {
  const words: string[] = [];
  let power = "";
  for (;;) {
    const word = acceptUnitWord(cursor, words.at(-1) === "/");
    if (word !== undefined) {
      const lower = word.toLowerCase();
      const raised = POWER_WORDS.get(lower);
      if (raised !== undefined) power = raised;
      else if (lower === "per") words.push("/");
      else if (!FILLER_WORDS.has(lower)) {
        words.push(normalizeUnitWord(word) + power);
        power = "";
      }
    } else if (words.length === 0) break;
    else if (words.at(-1) !== "/" && cursor.accept("/")) words.push("/");
    else {
      const raised = acceptUnitPower(cursor);
      if (raised === undefined) break;
      words.push(`${words.pop()}^${raised}`);
    }
    if (words.length > 4) throw new ParseFailure("a sentence");
  }
  return words.join(" ");
}

/** A word, a currency sign, `min` or `sec`, or behind a slash a single letter. */
function acceptUnitWord(cursor: TokenCursor, behindSlash: boolean): string | undefined {
  const token = cursor.peek();
  if (token === undefined) return undefined;
  const accepted =
    token.kind === "word" ||
    token.kind === "remark" ||
    (token.kind === "operator" && MONEY.has(token.text)) ||
    (token.kind === "function" && (token.text === "min" || token.text === "sec")) ||
    (behindSlash && token.kind === "symbol");
  if (!accepted) return undefined;
  cursor.at += 1;
  return token.text;
}

/** The power of a unit: `^2` or `^{2}`. */
function acceptUnitPower(cursor: TokenCursor): string | undefined {
  if (!cursor.sees("^")) return undefined;
  const braced = cursor.peek(1)?.text === "{";
  const power = cursor.peek(braced ? 2 : 1);
  if (power === undefined || (braced && cursor.peek(3)?.text !== "}")) return undefined;
  cursor.at += braced ? 4 : 2;
  return power.text;
}

/** What stands between brackets, or one matrix cell when no bracket is next. */
function readBracketed(cursor: TokenCursor): Node {
  const open = cursor.peek();
  if (open?.kind !== "operator" || !["(", "[", "{", "\\{"].includes(open.text)) return readItem(cursor);
  cursor.at += 1;
  if (open.text === "\\{") return readSet(cursor);
  if (open.text === "{") {
    const inner = readInfix(readList(cursor, "list"), cursor);
    cursor.expect("}");
    return inner.type === "list" ? { type: "set", items: inner.items, explicit: false } : inner;
  }
  const inner = readList(cursor, "list");
  const close = cursor.next().text;
  if (close !== ")" && close !== "]") throw new ParseFailure(`unexpected ${close}`);
  if (inner.type === "list") return { type: "tuple", items: inner.items, open: open.text as "(" | "[", close };
  return inner;
}

/** TeX's own `{n \choose k}` and `{a \over b}`. */
function readInfix(first: Node, cursor: TokenCursor): Node {
  const token = cursor.peek();
  if (token?.kind !== "command" || (token.text !== "choose" && token.text !== "over")) return first;
  cursor.at += 1;
  const second = readList(cursor, "list");
  return token.text === "over" ? divide(first, second) : { type: "call", name: "binomial", args: [first, second] };
}

function readSet(cursor: TokenCursor): Node {
  if (cursor.accept("\\}")) return { type: "set", items: [], explicit: true };
  cursor.bars = 1;
  const inner = readList(cursor, "items");
  if (cursor.accept("|") || cursor.accept(":")) {
    const condition = readList(cursor, "list");
    cursor.expect("\\}");
    return condition;
  }
  cursor.expect("\\}");
  return { type: "set", items: inner.type === "list" ? inner.items : [inner], explicit: true };
}
