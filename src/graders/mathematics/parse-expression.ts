import { divide, type Node, negate, ONE } from "./expression.ts";
import { readMatrix } from "./parse-matrix.ts";
import { addRationals, makeRational, parseDecimal } from "./rational.ts";
import { ParseFailure, type TokenCursor } from "./token-cursor.ts";
import type { Token } from "./tokenize.ts";
import { isUnitWord } from "./units.ts";

/** sum := term ((+ | − | ± | ∓) term)* */
export function readSum(cursor: TokenCursor): Node {
  let terms: Node[] = [readSigned(cursor)];
  for (;;) {
    if (cursor.accept("+")) terms.push(readSigned(cursor));
    else if (cursor.accept("-")) terms.push(negate(readSigned(cursor)));
    else if (cursor.sees("+-") || cursor.sees("-+")) {
      const flipped = cursor.next().text === "-+";
      terms = [{ type: "plus-minus", first: sumOf(terms), second: readTerm(cursor), flipped }];
    } else return sumOf(terms);
  }
}

function sumOf(terms: readonly Node[]): Node {
  return terms.length === 1 ? (terms[0] as Node) : { type: "sum", terms };
}

function readSigned(cursor: TokenCursor): Node {
  let minus = false;
  for (;;) {
    if (cursor.accept("-")) minus = !minus;
    else if (cursor.sees("+-") || cursor.sees("-+")) {
      const flipped = cursor.next().text === "-+";
      return { type: "plus-minus", second: readTerm(cursor), flipped };
    } else if (!cursor.accept("+")) break;
  }
  const term = readTerm(cursor);
  return minus ? negate(term) : term;
}

/** term := power ((· | / | nothing) power)*, left to right. */
function readTerm(cursor: TokenCursor): Node {
  const factors: Node[] = [readMixedNumber(cursor) ?? readPower(cursor)];
  for (;;) {
    if (cursor.accept("*")) factors.push(readFactor(cursor));
    else if (cursor.accept("/")) {
      const product = productOf(factors.splice(0));
      factors.push(divide(product, readFactor(cursor)));
    } else if (startsOperand(cursor)) factors.push(readPower(cursor));
    else return productOf(factors);
  }
}

/** A factor after a written operator may carry its own sign: `2*-3`. */
function readFactor(cursor: TokenCursor): Node {
  if (cursor.accept("-")) return negate(readFactor(cursor));
  cursor.accept("+");
  return readPower(cursor);
}

function productOf(factors: readonly Node[]): Node {
  return factors.length === 1 ? (factors[0] as Node) : { type: "product", factors };
}

/** `1 1/2` and `1\frac12` are one and a half. */
function readMixedNumber(cursor: TokenCursor): Node | undefined {
  const [whole, second, slash, third] = [cursor.peek(), cursor.peek(1), cursor.peek(2), cursor.peek(3)];
  if (whole?.kind !== "number" || whole.text.includes(".")) return undefined;
  if (second?.kind === "number" && second.spaced && slash?.text === "/" && third?.kind === "number") {
    cursor.at += 4;
    return { type: "sum", terms: [numberOf(whole.text), divide(numberOf(second.text), numberOf(third.text))] };
  }
  if (second?.kind !== "command" || second.text !== "frac") return undefined;
  const start = cursor.at;
  cursor.at += 2;
  const above = readArgument(cursor, true);
  const below = readArgument(cursor, true);
  if (above.type === "number" && below.type === "number" && !cursor.sees("^"))
    return { type: "sum", terms: [numberOf(whole.text), divide(above, below)] };
  cursor.at = start;
  return undefined;
}

/** Whether what follows multiplies what stood before without a sign. */
function startsOperand(cursor: TokenCursor): boolean {
  const token = cursor.peek();
  if (token === undefined) return false;
  const before = cursor.peek(-1);
  switch (token.kind) {
    case "number":
      return before?.kind !== "number";
    case "symbol":
    case "constant":
      return true;
    case "function":
      return !isUnitHere(cursor, token);
    case "command":
      return token.text === "frac" || token.text === "sqrt" || token.text === "binom" || token.text.startsWith("begin");
    case "remark":
      return false;
    case "word":
      return !isUnitWord(token.text) && token.text.length <= 3;
    case "operator":
      if (token.text === "|" || token.text === "‖") return cursor.bars === 0;
      return token.text === "(" || token.text === "[" || token.text === "{" || token.text === "⌊" || token.text === "⌈";
  }
}

/** `5 min` and `3 sec` are times, not functions without an argument. */
function isUnitHere(cursor: TokenCursor, token: Token): boolean {
  return (token.text === "min" || token.text === "sec") && cursor.peek(1) === undefined;
}

/** power := primary postfix* */
function readPower(cursor: TokenCursor): Node {
  let node = readPrimary(cursor);
  for (;;) {
    if (cursor.sees("^")) {
      cursor.at += 1;
      if (acceptDegree(cursor)) node = { type: "quantity", of: node, unit: "degree" };
      else if (cursor.accept("'")) node = { type: "quantity", of: node, unit: "'" };
      else node = { type: "power", base: node, exponent: readArgument(cursor, false) };
    } else if (cursor.peek()?.kind === "constant" && cursor.peek()?.text === "degree") {
      cursor.at += 1;
      node = { type: "quantity", of: node, unit: "degree" };
    } else if (cursor.accept("!")) node = { type: "call", name: "factorial", args: [node] };
    else if (cursor.accept("%")) node = { type: "percent", of: node };
    else if (cursor.accept("'"))
      node = node.type === "symbol" ? { ...node, name: `${node.name}'` } : fail("a stray prime");
    else if (cursor.accept("_")) node = withSubscript(node, cursor);
    else return node;
  }
}

function acceptDegree(cursor: TokenCursor): boolean {
  const braced = cursor.sees("{");
  const token = cursor.peek(braced ? 1 : 0);
  if (token?.kind !== "constant" || token.text !== "degree") return false;
  cursor.at += braced ? 2 : 1;
  if (braced) cursor.expect("}");
  return true;
}

function withSubscript(node: Node, cursor: TokenCursor): Node {
  const start = cursor.at;
  readArgument(cursor, false);
  const subscript = cursor.tokens
    .slice(start, cursor.at)
    .map((token) => token.text)
    .join("")
    .replaceAll(/[{}]/g, "");
  if (node.type === "symbol") return { ...node, name: `${node.name}_${subscript}` };
  if (node.type === "number" && node.value.d === 1n)
    return { type: "based", digits: `${node.value.n}`, base: subscript };
  return fail("a subscript on an expression");
}

/** A braced group, or the one sign TeX would take; `digit` takes one digit of a number (`\frac12`). */
function readArgument(cursor: TokenCursor, digit: boolean): Node {
  const token = cursor.peek();
  if (token?.kind === "number" && digit && token.text.length > 1 && /^\d+$/.test(token.text)) {
    const [first, rest] = [token.text.slice(0, 1), token.text.slice(1)];
    (cursor.tokens as Token[]).splice(cursor.at, 1, { ...token, text: first }, { ...token, text: rest, spaced: false });
  }
  if (cursor.accept("-")) return negate(readArgument(cursor, digit));
  if (cursor.accept("+")) return readArgument(cursor, digit);
  return readPrimary(cursor);
}

const CLOSERS: Readonly<Record<string, string>> = { "⌊": "⌋", "⌈": "⌉", "|": "|", "‖": "‖" };
const NAMES: Readonly<Record<string, string>> = { "⌊": "floor", "⌈": "ceil", "|": "abs", "‖": "norm" };

function readPrimary(cursor: TokenCursor): Node {
  const token = cursor.next();
  switch (token.kind) {
    case "number":
      return numberOf(token.text);
    case "symbol":
      return readSymbol(token.text, cursor);
    case "constant":
      return { type: "constant", name: token.text === "infinity" ? "infinity" : "pi" };
    case "function":
      return readFunction(token.text, cursor);
    case "command":
      return readCommand(token.text, cursor);
    case "word":
    case "remark":
      if (token.text.length > 3 && token.text !== token.text.toUpperCase()) return fail(`the word "${token.text}"`);
      return productOf([...token.text].map((letter) => readSymbol(letter, cursor)));
    case "operator":
      break;
  }
  if (token.text === "(" || token.text === "[" || token.text === "{" || token.text === "\\{") {
    cursor.at -= 1;
    return cursor.nested(() => cursor.readInner(cursor));
  }
  const closer = CLOSERS[token.text];
  if (closer === undefined) return fail(`a stray ${token.text}`);
  return cursor.nested(() => {
    cursor.bars = closer === "|" || closer === "‖" ? 1 : 0;
    const of = readSum(cursor);
    cursor.expect(closer);
    return { type: "call", name: NAMES[token.text] as string, args: [of] };
  });
}

const SUMMATIONS = new Set(["\\sum", "\\prod", "\\int", "\\oint", "\\lim", "\\bigcup", "\\bigcap"]);

function readSymbol(name: string, cursor: TokenCursor): Node {
  if (name === "e" || name === "i") return { type: "constant", name };
  if (!SUMMATIONS.has(name)) return /^[\w\\]/.test(name) ? { type: "symbol", name } : fail(`a stray ${name}`);
  const args: Node[] = [];
  while (cursor.sees("_") || cursor.sees("^")) {
    cursor.at += 1;
    args.push(readArgument(cursor, false));
  }
  return cursor.nested(() => ({ type: "call", name: name.slice(1), args: [...args, readTerm(cursor)] }));
}

function readCommand(name: string, cursor: TokenCursor): Node {
  if (name.startsWith("begin ")) return readMatrix(name.slice(6), cursor, readSum);
  if (name === "frac" || name === "binom") {
    return cursor.nested(() => {
      const above = readArgument(cursor, true);
      const below = readArgument(cursor, true);
      return name === "frac" ? divide(above, below) : { type: "call", name: "binomial", args: [above, below] };
    });
  }
  if (name !== "sqrt") return fail(`a stray \\${name}`);
  return cursor.nested(() => {
    let degree: Node = numberOf("2");
    if (cursor.accept("[")) {
      degree = readSum(cursor);
      cursor.expect("]");
    }
    return { type: "power", base: readArgument(cursor, false), exponent: divide(ONE, degree) };
  });
}

/** `\sin 2x`, `\sin^2(x)`, `\log_2 8`, `\tan^{-1} x`. */
function readFunction(name: string, cursor: TokenCursor): Node {
  if (isUnitHere(cursor, { kind: "function", text: name, spaced: false }) && cursor.peek() === undefined)
    fail("no argument");
  let exponent: Node | undefined;
  let base: Node | undefined;
  while (cursor.sees("^") || cursor.sees("_")) {
    if (cursor.next().text === "^") exponent = readArgument(cursor, false);
    else base = readArgument(cursor, false);
  }
  const argument = cursor.nested(() => readFunctionArgument(cursor));
  const args = argument.type === "tuple" ? argument.items : [argument];
  if (name === "exp") return { type: "power", base: { type: "constant", name: "e" }, exponent: argument };
  const inverse = exponent?.type === "number" && exponent.value.n === -1n && exponent.value.d === 1n;
  if (inverse) return { type: "call", name: INVERSES[name] ?? fail(`the inverse of ${name}`), args };
  const call: Node = { type: "call", name, args: base ? [...args, base] : args };
  return exponent ? { type: "power", base: call, exponent } : call;
}

const INVERSES: Readonly<Record<string, string>> = { sin: "asin", cos: "acos", tan: "atan" };

function readFunctionArgument(cursor: TokenCursor): Node {
  const factors = [cursor.accept("-") ? negate(readPower(cursor)) : readPower(cursor)];
  if (cursor.peek(-1)?.text === ")") return factors[0] as Node;
  while (startsOperand(cursor) && cursor.peek()?.kind !== "function" && !cursor.sees("("))
    factors.push(readPower(cursor));
  if (cursor.sees("/") && factors.every((factor) => factor.type !== "call")) {
    cursor.at += 1;
    return divide(productOf(factors), readPower(cursor));
  }
  return productOf(factors);
}

function numberOf(text: string): Node {
  const [start = "", period] = text.split("r");
  if (period !== undefined) return repeating(start, period);
  const value = parseDecimal(text.endsWith(".") ? text.slice(0, -1) : text);
  return value === undefined
    ? fail("a number past the limits")
    : { type: "number", value, decimal: text.includes(".") && !text.endsWith(".") };
}

/** `0.1r6` is 0.1666…: 0.1 + 6 / (10 · 9). */
function repeating(start: string, period: string): Node {
  const places = BigInt(start.length - start.indexOf(".") - 1);
  const fraction = makeRational(BigInt(period), 10n ** places * (10n ** BigInt(period.length) - 1n));
  const whole = parseDecimal(start.endsWith(".") ? start.slice(0, -1) : start);
  const value = fraction && whole && addRationals(whole, fraction);
  return value === undefined ? fail("a number past the limits") : { type: "number", value, decimal: false };
}

function fail(reason: string): never {
  throw new ParseFailure(reason);
}
