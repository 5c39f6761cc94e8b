import { evaluateExact } from "./evaluate-exact.ts";
import type { Node } from "./expression.ts";
import {
  addPrecise,
  arePreciselyEqual,
  expPrecise,
  invertPrecise,
  logPrecise,
  multiplyPrecise,
  negatePrecise,
  type Precise,
  precise,
  preciseRatio,
  rootPrecise,
} from "./precise.ts";

/** π to 100 digits, that is to 332 bits. */
const PI: Precise = {
  ...preciseRatio(
    31415926535897932384626433832795028841971693993751058209749445923078164062862089986280348253421170679n,
    10n ** 100n,
  ),
  error: -330,
};

/**
 * Whether two real expressions agree to some 60 digits at a point (values cut to 32 binary places),
 * which doubles cannot tell: e^(π√163) is no integer. `undefined` where one uses what is not computed
 * to that precision, or has no real value there.
 */
export function arePreciselyEqualAt(values: ReadonlyMap<string, number>, a: Node, b: Node): boolean | undefined {
  const x = evaluate(a, values);
  const y = x && evaluate(b, values);
  return x && y && arePreciselyEqual(x, y);
}

type Values = ReadonlyMap<string, number>;

function evaluate(node: Node, values: Values): Precise | undefined {
  switch (node.type) {
    case "number":
      return preciseRatio(node.value.n, node.value.d);
    case "symbol": {
      const value = values.get(node.name);
      return value === undefined ? undefined : precise(BigInt(Math.round(value * 2 ** 32)), -32);
    }
    case "constant":
      return node.name === "pi" ? PI : node.name === "e" ? expPrecise(precise(1n)) : undefined;
    case "sum":
      return fold(node.terms, values, addPrecise);
    case "product":
      return fold(node.factors, values, multiplyPrecise);
    case "power":
      return raise(node.base, node.exponent, values);
    case "call": {
      const [argument, base] = node.args.map((arg) => evaluate(arg, values));
      if (argument === undefined) return undefined;
      if (node.name === "abs") return argument.mantissa < 0n ? negatePrecise(argument) : argument;
      if (node.name !== "log" && node.name !== "ln") return undefined;
      const below = node.args.length > 1 ? base && logPrecise(base) : precise(1n);
      const above = below && logPrecise(argument);
      const inverse = below && invertPrecise(below);
      return above && inverse && multiplyPrecise(above, inverse);
    }
    default:
      return undefined;
  }
}

function fold(
  nodes: readonly Node[],
  values: Values,
  combine: (a: Precise, b: Precise) => Precise,
): Precise | undefined {
  let result: Precise | undefined;
  for (const [at, node] of nodes.entries()) {
    const value = evaluate(node, values);
    if (value === undefined) return undefined;
    result = at === 0 || result === undefined ? value : combine(result, value);
  }
  return result;
}

function raise(baseNode: Node, exponentNode: Node, values: Values): Precise | undefined {
  const base = evaluate(baseNode, values);
  if (base === undefined) return undefined;
  const exact = evaluateExact(exponentNode);
  if (exact?.d === 1n && exact.n >= -64n && exact.n <= 64n && exact.n !== 0n) return wholePower(base, Number(exact.n));
  if (exact?.d === 2n && exact.n === 1n) return rootPrecise(base);
  const negative = base.mantissa < 0n;
  if (negative && (exact === undefined || exact.d % 2n === 0n || exact.d === 1n)) return undefined;
  const exponent = exact ? preciseRatio(exact.n, exact.d) : evaluate(exponentNode, values);
  const logarithm = exponent && logPrecise(negative ? negatePrecise(base) : base);
  const power = logarithm && expPrecise(multiplyPrecise(logarithm, exponent));
  return power && negative && exact && exact.n % 2n !== 0n ? negatePrecise(power) : power;
}

function wholePower(base: Precise, exponent: number): Precise | undefined {
  let result = base;
  for (let step = Math.abs(exponent); step > 1; step -= 1) result = multiplyPrecise(result, base);
  return exponent < 0 ? invertPrecise(result) : result;
}
