import { spendWork } from "./work-budget.ts";

/**
 * mantissa · 2^exponent, off by at most 2^error: a real number to some 100 digits, and how far it can
 * be trusted. An exact number has error −∞.
 */
export interface Precise {
  readonly mantissa: bigint;
  readonly exponent: number;
  readonly error: number;
}

/** Working precision, and the bits that two equal results must share. */
const BITS = 384;
const SHARED_BITS = 200;

/** A number cut to the working precision, with the error of the cut. */
export function precise(mantissa: bigint, exponent = 0, error = Number.NEGATIVE_INFINITY): Precise {
  spendWork(30);
  const excess = bitLength(mantissa) - BITS;
  if (excess <= 0) return { mantissa, exponent, error };
  return {
    mantissa: mantissa >> BigInt(excess),
    exponent: exponent + excess,
    error: Math.max(error, exponent + excess) + 1,
  };
}

/** n/d. */
export function preciseRatio(n: bigint, d: bigint): Precise {
  if (d === 1n) return precise(n);
  const shift = Math.max(0, BITS + bitLength(d) - bitLength(n));
  return precise((n << BigInt(shift)) / d, -shift, -shift);
}

export function addPrecise(a: Precise, b: Precise): Precise {
  const error = Math.max(a.error, b.error) + 1;
  const [high, low] = a.exponent >= b.exponent ? [a, b] : [b, a];
  const shift = high.exponent - low.exponent;
  if (high.mantissa === 0n) return { ...low, error };
  if (shift > 3 * BITS) return { ...high, error: Math.max(error, magnitudeOf(low)) + 1 };
  return precise((high.mantissa << BigInt(shift)) + low.mantissa, low.exponent, error);
}

export function multiplyPrecise(a: Precise, b: Precise): Precise {
  const error = Math.max(magnitudeOf(a) + b.error, magnitudeOf(b) + a.error, a.error + b.error) + 2;
  return precise(
    a.mantissa * b.mantissa,
    a.exponent + b.exponent,
    Number.isNaN(error) ? Number.NEGATIVE_INFINITY : error,
  );
}

export function negatePrecise(a: Precise): Precise {
  return { ...a, mantissa: -a.mantissa };
}

/** 1/a; `undefined` when a cannot be told from 0. */
export function invertPrecise(a: Precise): Precise | undefined {
  const magnitude = magnitudeOf(a);
  if (a.mantissa === 0n || a.error > magnitude - 8) return undefined;
  const shift = BITS + bitLength(a.mantissa);
  const exponent = -shift - a.exponent;
  return precise((1n << BigInt(shift)) / a.mantissa, exponent, Math.max(exponent, a.error - 2 * magnitude + 3) + 1);
}

/** The square root; `undefined` unless a is surely positive, or exactly 0. */
export function rootPrecise(a: Precise): Precise | undefined {
  if (a.mantissa === 0n && a.error === Number.NEGATIVE_INFINITY) return a;
  const magnitude = magnitudeOf(a);
  if (a.mantissa <= 0n || a.error > magnitude - 8) return undefined;
  const wanted = Math.max(0, 2 * BITS - bitLength(a.mantissa));
  const shift = wanted + ((a.exponent - wanted) % 2 === 0 ? 0 : 1);
  const exponent = (a.exponent - shift) / 2;
  return precise(
    integerRoot(a.mantissa << BigInt(shift)),
    exponent,
    Math.max(exponent, a.error - magnitude / 2 + 2) + 1,
  );
}

/** e^a = (e^(a/2^k))^(2^k) by Taylor's series; `undefined` past exponents of a billion. */
export function expPrecise(a: Precise): Precise | undefined {
  const size = magnitudeOf(a);
  if (size > 30 || a.error > -8) return undefined;
  const halvings = Math.max(0, size + 8);
  // Fixed point with 64 bits to spare: the rounding of some 60 terms stays below 2^(8 − point).
  const point = BITS + 64;
  const shift = a.exponent - halvings + point;
  const x = shift >= 0 ? a.mantissa << BigInt(shift) : a.mantissa >> BigInt(-shift);
  let term = 1n << BigInt(point);
  let total = term;
  for (let n = 1n; term !== 0n && term !== -1n; n += 1n) {
    spendWork(30);
    term = ((term * x) >> BigInt(point)) / n;
    total += term;
  }
  let sum = precise(total, -point, Math.max(8 - point, a.error - halvings + 2));
  for (let step = 0; step < halvings; step += 1) sum = multiplyPrecise(sum, sum);
  return sum;
}

/** ln a by Newton's method on e^y = a, from the double's logarithm; `undefined` unless a is surely positive. */
export function logPrecise(a: Precise): Precise | undefined {
  if (a.mantissa <= 0n || a.error > magnitudeOf(a) - 8) return undefined;
  const excess = Math.max(0, bitLength(a.mantissa) - 53);
  const start = Math.log(Number(a.mantissa >> BigInt(excess))) + (a.exponent + excess) * Math.LN2;
  let y = precise(BigInt(Math.round(start * 2 ** 40)), -40);
  for (let round = 0; round < 4; round += 1) {
    const inverse = expPrecise(negatePrecise({ ...y, error: Number.NEGATIVE_INFINITY }));
    if (inverse === undefined) return undefined;
    y = addPrecise({ ...y, error: Number.NEGATIVE_INFINITY }, addPrecise(multiplyPrecise(a, inverse), precise(-1n)));
  }
  return y;
}

/** Whether a and b agree in all that their errors leave, and that is enough to call them equal. */
export function arePreciselyEqual(a: Precise, b: Precise): boolean {
  const difference = magnitudeOf(addPrecise(a, negatePrecise(b)));
  const error = Math.max(a.error, b.error);
  if (difference === Number.NEGATIVE_INFINITY && error === difference) return true;
  const magnitude = Math.max(magnitudeOf(a), magnitudeOf(b));
  const trusted = error <= magnitude - SHARED_BITS || (magnitude <= error + 4 && error < -SHARED_BITS);
  return trusted && difference <= error + 4;
}

/** The exponent of a's leading bit; −∞ for 0. */
function magnitudeOf(a: Precise): number {
  return a.mantissa === 0n ? Number.NEGATIVE_INFINITY : bitLength(a.mantissa) + a.exponent;
}

function integerRoot(value: bigint): bigint {
  let guess = 1n << BigInt(Math.ceil(bitLength(value) / 2) + 1);
  for (;;) {
    spendWork(100);
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

function bitLength(value: bigint): number {
  const text = (value < 0n ? -value : value).toString(16);
  return text === "0" ? 0 : (text.length - 1) * 4 + 32 - Math.clz32(Number.parseInt(text[0] as string, 16));
}
