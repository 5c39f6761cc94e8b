import type { Node } from "./expression.ts";
import {
  addRationals,
  chooseRational,
  divideRationals,
  makeRational,
  multiplyRationals,
  type Rational,
  raiseRational,
  takeFactorial,
} from "./rational.ts";
import { spendWork } from "./work-budget.ts";

/**
 * The value of a constant as an exact fraction; `undefined` when it has symbols, is irrational as
 * written, or would outgrow the limits.
 */
export function evaluateExact(node: Node): Rational | undefined {
  spendWork(10);
  switch (node.type) {
    case "number":
      return node.value;
    case "sum":
      return fold(node.terms, addRationals);
    case "product":
      return fold(node.factors, multiplyRationals);
    case "power": {
      const base = evaluateExact(node.base);
      const exponent = base && evaluateExact(node.exponent);
      return exponent && raiseRational(base, exponent);
    }
    case "percent": {
      const of = evaluateExact(node.of);
      return of && divideRationals(of, { n: 100n, d: 1n });
    }
    case "ratio": {
      const [a, b] = node.parts.length === 2 ? node.parts.map(evaluateExact) : [];
      return a && b && divideRationals(a, b);
    }
    case "call":
      return call(node.name, node.args);
    default:
      return undefined;
  }
}

function fold(
  nodes: readonly Node[],
  combine: (a: Rational, b: Rational) => Rational | undefined,
): Rational | undefined {
  let result: Rational | undefined;
  for (const [at, node] of nodes.entries()) {
    const value = evaluateExact(node);
    if (value === undefined) return undefined;
    result = at === 0 ? value : result && combine(result, value);
    if (result === undefined) return undefined;
  }
  return result;
}

function call(name: string, args: readonly Node[]): Rational | undefined {
  const [first, second] = args.map(evaluateExact);
  if (first === undefined) return undefined;
  switch (name) {
    case "factorial":
      return takeFactorial(first);
    case "binomial":
      return second && chooseRational(first, second);
    case "abs":
      return { n: first.n < 0n ? -first.n : first.n, d: first.d };
    case "floor":
      return makeRational(floorDivide(first.n, first.d));
    case "ceil":
      return makeRational(-floorDivide(-first.n, first.d));
    default:
      return undefined;
  }
}

function floorDivide(n: bigint, d: bigint): bigint {
  return n < 0n && n % d !== 0n ? n / d - 1n : n / d;
}
