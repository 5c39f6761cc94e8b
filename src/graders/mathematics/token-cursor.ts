import { LIMITS } from "../limits.ts";
import type { Node } from "./expression.ts";
import type { Token } from "./tokenize.ts";

/** Thrown inside the parser only: this text is no mathematics, or past a limit. */
export class ParseFailure {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Where the parser is in its tokens. */
export class TokenCursor {
  at = 0;
  /** Open absolute-value bars: inside them a bar closes. */
  bars = 0;
  readonly tokens: readonly Token[];
  /** Reads what stands between brackets; the structure parser puts itself here. */
  readonly readInner: (cursor: TokenCursor) => Node;
  #depth = 0;

  constructor(tokens: readonly Token[], readInner: (cursor: TokenCursor) => Node) {
    this.tokens = tokens;
    this.readInner = readInner;
  }

  peek(ahead = 0): Token | undefined {
    return this.tokens[this.at + ahead];
  }

  next(): Token {
    const token = this.tokens[this.at];
    if (token === undefined) throw new ParseFailure("it ends too early");
    this.at += 1;
    return token;
  }

  /** Whether the next token is this operator. */
  sees(operator: string): boolean {
    const token = this.tokens[this.at];
    return token !== undefined && token.kind === "operator" && token.text === operator;
  }

  /** Steps over this operator when it is next. */
  accept(operator: string): boolean {
    if (!this.sees(operator)) return false;
    this.at += 1;
    return true;
  }

  expect(operator: string): void {
    if (!this.accept(operator)) throw new ParseFailure(`expected ${operator} at token ${this.at + 1}`);
  }

  /** Runs a reader one level deeper; the bars outside do not count inside. */
  nested<T>(read: () => T): T {
    if (this.#depth >= LIMITS.nesting) throw new ParseFailure(`nested deeper than ${LIMITS.nesting}`);
    const bars = this.bars;
    this.#depth += 1;
    this.bars = 0;
    const result = read();
    this.bars = bars;
    this.#depth -= 1;
    return result;
  }
}
