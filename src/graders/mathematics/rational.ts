import { LIMITS } from "../limits.ts";
import { spendWork } from "./work-budget.ts";

/** An exact fraction in lowest terms with a positive denominator. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const BOUND = 1n << BigInt(LIMITS.rationalBits);

/** n/d in lowest terms; `undefined` when d is 0 or a side has more bits than the limit. */
export function makeRational(n: bigint, d: bigint = 1n): Rational | undefined {
  if (d === 0n) return undefined;
  if (d === 1n) return isWithin(n) ? { n, d } : undefined;
  const sign = d < 0n ? -1n : 1n;
  if (!isWithin(n) || !isWithin(d)) return undefined;
  const divisor = greatestCommonDivisor(n < 0n ? -n : n, d < 0n ? -d : d);
  return { n: (sign * n) / divisor, d: (sign * d) / divisor };
}

/** Reads digits with an optional point, such as `12`, `.5` and `3.40`; no sign, no exponent. */
export function parseDecimal(text: string): Rational | undefined {
  const point = text.indexOf(".");
  if (point < 0) return makeRational(BigInt(text));
  const fraction = text.slice(point + 1);
  return makeRational(BigInt(text.slice(0, point) + fraction), 10n ** BigInt(fraction.length));
}

export function addRationals(a: Rational, b: Rational): Rational | undefined {
  return makeRational(a.n * b.d + b.n * a.d, a.d * b.d);
}

export function multiplyRationals(a: Rational, b: Rational): Rational | undefined {
  return makeRational(a.n * b.n, a.d * b.d);
}

export function divideRationals(a: Rational, b: Rational): Rational | undefined {
  return makeRational(a.n * b.d, a.d * b.n);
}

export function areRationalsEqual(a: Rational, b: Rational): boolean {
  return a.n === b.n && a.d === b.d;
}

/**
 * a^b where that is rational: b an integer, or a root that comes out exactly (4^(1/2) = 2). The
 * size of the result is bounded before it is computed. 0^0 and 0^negative are `undefined`.
 */
export function raiseRational(a: Rational, b: Rational): Rational | undefined {
  if (b.d !== 1n) {
    const root = takeRoot(a, b.d);
    return root && raiseRational(root, { n: b.n, d: 1n });
  }
  if (a.n === 0n) return b.n > 0n ? a : undefined;
  const exponent = b.n < 0n ? -b.n : b.n;
  const unit = a.d === 1n && (a.n === 1n || a.n === -1n);
  if (unit) return { n: exponent % 2n === 0n ? 1n : a.n, d: 1n };
  const bits = Math.max(countBits(a.n), countBits(a.d));
  if (exponent > BigInt(LIMITS.rationalBits) || Number(exponent) * (bits - 1) > LIMITS.rationalBits) return undefined;
  const n = a.n ** exponent;
  const d = a.d ** exponent;
  return b.n < 0n ? makeRational(d, n) : makeRational(n, d);
}

/** n!, exact, for integers 0 … LIMITS.factorial. */
export function takeFactorial(a: Rational): Rational | undefined {
  if (a.d !== 1n || a.n < 0n || a.n > BigInt(LIMITS.factorial)) return undefined;
  let product = 1n;
  for (let factor = 2n; factor <= a.n; factor += 1n) product *= factor;
  return makeRational(product);
}

/** C(n, k), exact, for 0 ≤ k ≤ n ≤ LIMITS.factorial. */
export function chooseRational(n: Rational, k: Rational): Rational | undefined {
  if (n.d !== 1n || k.d !== 1n || k.n < 0n || n.n < k.n || n.n > BigInt(LIMITS.factorial)) return undefined;
  let product = 1n;
  for (let step = 1n; step <= k.n; step += 1n) product = (product * (n.n - k.n + step)) / step;
  return makeRational(product);
}

/** The nearest double; exact ratios of huge integers do not overflow on the way. */
export function toNumber(a: Rational): number {
  const bits = Math.max(countBits(a.n), countBits(a.d));
  if (bits <= 1_000) return Number(a.n) / Number(a.d);
  const shift = BigInt(bits - 1_000);
  const d = Number(a.d >> shift);
  const n = Number(a.n >> shift);
  return d === 0 || n === 0 ? Number.NaN : n / d;
}

function takeRoot(a: Rational, degree: bigint): Rational | undefined {
  if (degree > 64n) return undefined;
  if (a.n < 0n && degree % 2n === 0n) return undefined;
  const n = takeIntegerRoot(a.n < 0n ? -a.n : a.n, Number(degree));
  const d = takeIntegerRoot(a.d, Number(degree));
  return n === undefined || d === undefined ? undefined : { n: a.n < 0n ? -n : n, d };
}

/** Newton's method on integers; `undefined` unless the root is exact. */
function takeIntegerRoot(value: bigint, degree: number): bigint | undefined {
  if (value < 2n) return value;
  const k = BigInt(degree);
  let guess = 1n << BigInt(Math.ceil(countBits(value) / degree) + 1);
  for (;;) {
    const next = ((k - 1n) * guess + value / guess ** (k - 1n)) / k;
    if (next >= guess) break;
    guess = next;
  }
  return guess ** k === value ? guess : undefined;
}

function countBits(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  return magnitude < 9_007_199_254_740_992n
    ? Math.floor(Math.log2(Number(magnitude) || 1)) + 1
    : magnitude.toString(16).length * 4;
}

function isWithin(value: bigint): boolean {
  return value < BOUND && value > -BOUND;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  if (a < SAFE && b < SAFE) return BigInt(safeDivisor(Number(a), Number(b)));
  const bits = Math.max(countBits(a), countBits(b));
  spendWork(bits + (bits * bits) / 500);
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

function safeDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
