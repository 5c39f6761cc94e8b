import {
  addComplex,
  type Complex,
  complex,
  expComplex,
  invertComplex,
  logComplex,
  multiplyComplex,
  sizeOf,
} from "./complex.ts";
import { evaluateExact } from "./evaluate-exact.ts";
import type { Node } from "./expression.ts";
import { GAMMA_ERROR, gamma } from "./gamma.ts";
import { toNumber } from "./rational.ts";
import { spendWork } from "./work-budget.ts";

/** Where an expression is evaluated. */
export interface Point {
  readonly values: ReadonlyMap<string, number>;
  /** Refuse values off the real line: even roots and logarithms of negative numbers. */
  readonly real: boolean;
}

/** The value at a point; `undefined` where there is none, or none that doubles can hold. */
export function evaluateNumeric(node: Node, point: Point): Complex | undefined {
  spendWork(20);
  switch (node.type) {
    case "number":
      return complex(toNumber(node.value), 0, 0);
    case "symbol": {
      const value = point.values.get(node.name);
      return value === undefined ? undefined : complex(value, 0, 0);
    }
    case "constant":
      if (node.name === "infinity") return undefined;
      return node.name === "i" ? { re: 0, im: 1, error: 0 } : complex(node.name === "pi" ? Math.PI : Math.E, 0, 0);
    case "sum":
      return fold(node.terms, point, addComplex);
    case "product":
      return fold(node.factors, point, multiplyComplex);
    case "power":
      return raise(node.base, node.exponent, point);
    case "percent":
      return scale(evaluateNumeric(node.of, point), 0.01);
    case "quantity":
      return scale(evaluateNumeric(node.of, point), node.unit === "degree" ? Math.PI / 180 : 1);
    case "ratio":
      return node.parts.length === 2 ? quotient(node.parts[0] as Node, node.parts[1] as Node, point) : undefined;
    case "call":
      return call(node.name, node.args, point);
    default:
      return undefined;
  }
}

function fold(
  nodes: readonly Node[],
  point: Point,
  combine: (a: Complex, b: Complex) => Complex | undefined,
): Complex | undefined {
  let result: Complex | undefined;
  for (const [at, node] of nodes.entries()) {
    const value = evaluateNumeric(node, point);
    if (value === undefined) return undefined;
    result = at === 0 ? value : result && combine(result, value);
    if (result === undefined) return undefined;
  }
  return result;
}

function scale(a: Complex | undefined, by: number): Complex | undefined {
  return a && complex(a.re * by, a.im * by, a.error * by);
}

function quotient(a: Node, b: Node, point: Point): Complex | undefined {
  const above = evaluateNumeric(a, point);
  const below = above && evaluateNumeric(b, point);
  const inverse = below && invertComplex(below);
  return inverse && above && multiplyComplex(above, inverse);
}

/** b^x: whole powers by multiplication, odd roots of negative numbers real, everything else exp(x·log b). */
function raise(baseNode: Node, exponentNode: Node, point: Point): Complex | undefined {
  const base = evaluateNumeric(baseNode, point);
  if (base === undefined) return undefined;
  const exact = evaluateExact(exponentNode);
  if (exact?.d === 1n && exact.n >= -64n && exact.n <= 64n) return wholePower(base, Number(exact.n));
  const exponent = evaluateNumeric(exponentNode, point);
  if (exponent === undefined) return undefined;
  const positive = exponent.im === 0 && exponent.re > 0;
  if (base.re === 0 && base.im === 0) return positive && base.error < 1e-300 ? base : undefined;
  const negative = base.im === 0 && base.re < 0;
  if (negative && exact !== undefined && exact.d % 2n === 1n) {
    const root = power({ ...base, re: -base.re }, exponent);
    return root && exact.n % 2n !== 0n ? { ...root, re: -root.re } : root;
  }
  if (negative && point.real) return undefined;
  return power(base, exponent);
}

function power(base: Complex, exponent: Complex): Complex | undefined {
  const logarithm = logComplex(base);
  const product = logarithm && multiplyComplex(logarithm, exponent);
  return product && expComplex(product);
}

function wholePower(base: Complex, exponent: number): Complex | undefined {
  if (exponent === 0) return sizeOf(base) > base.error * 4 ? { re: 1, im: 0, error: 0 } : undefined;
  let result: Complex | undefined = base;
  for (let step = Math.abs(exponent); step > 1; step -= 1) result = result && multiplyComplex(result, base);
  return exponent < 0 ? result && invertComplex(result) : result;
}

function call(name: string, args: readonly Node[], point: Point): Complex | undefined {
  const [first, second] = args.map((arg) => evaluateNumeric(arg, point));
  if (first === undefined) return undefined;
  if (name === "log" || name === "ln" || name === "lg")
    return takeLogarithm(name, args.length > 1, first, second, point);
  if (name === "abs" || name === "norm") return complex(sizeOf(first), 0, first.error);
  if (name === "Re" || name === "Im") return complex(name === "Re" ? first.re : first.im, 0, first.error);
  if (first.im !== 0) return undefined;
  if (name === "factorial") return takeFactorial(first);
  if (name === "binomial") return second && chooseNumeric(first, second);
  if (name === "floor" || name === "ceil") {
    const nearest = Math.abs(first.re - Math.round(first.re));
    return nearest > first.error * 4 + 1e-12 ? complex(Math[name](first.re), 0, 0) : undefined;
  }
  const real = REAL_FUNCTIONS[name];
  if (real === undefined) return undefined;
  const [value, slope] = real(first.re);
  return complex(value, 0, Math.abs(slope) * (first.error + 2 ** -52 * Math.abs(first.re)));
}

/** Γ(x + 1), so that n! = n·(n − 1)! holds at every point. */
function takeFactorial(argument: Complex): Complex | undefined {
  const value = gamma(argument.re + 1);
  const slope = Math.abs(value) * (1 + Math.log(2 + Math.abs(argument.re)));
  return complex(value, 0, Math.abs(value) * GAMMA_ERROR + slope * argument.error);
}

/** n! / (k! (n − k)!). */
function chooseNumeric(n: Complex, k: Complex): Complex | undefined {
  const above = takeFactorial(n);
  const rest = addComplex(n, { ...k, re: -k.re });
  const [first, second] = [takeFactorial(k), rest && takeFactorial(rest)];
  const below = first && second && multiplyComplex(first, second);
  const inverse = below && invertComplex(below);
  return above && inverse && multiplyComplex(above, inverse);
}

/** Value and derivative; a derivative carries the argument's error over. */
const REAL_FUNCTIONS: Readonly<Record<string, (x: number) => readonly [number, number]>> = {
  sin: (x) => [Math.sin(x), 1],
  cos: (x) => [Math.cos(x), 1],
  tan: (x) => [Math.tan(x), 1 + Math.tan(x) ** 2],
  cot: (x) => [1 / Math.tan(x), 1 + 1 / Math.tan(x) ** 2],
  sec: (x) => [1 / Math.cos(x), 1 + 1 / Math.cos(x) ** 2],
  csc: (x) => [1 / Math.sin(x), 1 + 1 / Math.sin(x) ** 2],
  sinh: (x) => [Math.sinh(x), Math.cosh(x)],
  cosh: (x) => [Math.cosh(x), Math.cosh(x)],
  tanh: (x) => [Math.tanh(x), 1],
  asin: (x) => [Math.asin(x), 1 / Math.sqrt(1 - x * x)],
  acos: (x) => [Math.acos(x), 1 / Math.sqrt(1 - x * x)],
  atan: (x) => [Math.atan(x), 1],
};

/** ln, log₁₀ (`lg`, and `log` of a number), log_b; a bare `log` of symbols is natural. */
function takeLogarithm(
  name: string,
  based: boolean,
  argument: Complex,
  base: Complex | undefined,
  point: Point,
): Complex | undefined {
  if (point.real && argument.im === 0 && argument.re <= 0) return undefined;
  const above = logComplex(argument);
  if (above === undefined || name === "ln" || (name === "log" && !based)) return above;
  const below = name === "lg" ? complex(Math.LN10, 0, 0) : base && logComplex(base);
  const inverse = below && invertComplex(below);
  return inverse && multiplyComplex(above, inverse);
}
