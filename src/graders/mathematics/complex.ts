/**
 * A complex double with a bound on its absolute rounding error, so that "equal" can mean equal
 * within what double precision can show, and no more.
 */
export interface Complex {
  readonly re: number;
  readonly im: number;
  readonly error: number;
}

const EPSILON = 2 ** -52;

/** A value with the error of its last rounding added; `undefined` outside 1e-280 … 1e280, where doubles lie. */
export function complex(re: number, im: number, error: number): Complex | undefined {
  const size = Math.abs(re) + Math.abs(im);
  if (!(size < 1e280) || (size !== 0 && size < 1e-280) || !(error < 1e280)) return undefined;
  return { re, im, error: error + EPSILON * size };
}

export function addComplex(a: Complex, b: Complex): Complex | undefined {
  return complex(a.re + b.re, a.im + b.im, a.error + b.error);
}

export function multiplyComplex(a: Complex, b: Complex): Complex | undefined {
  const error = sizeOf(a) * b.error + sizeOf(b) * a.error + a.error * b.error;
  if (a.im === 0 && b.im === 0) {
    const product = a.re * b.re;
    if (product === 0 && a.re !== 0 && b.re !== 0) return undefined;
    return complex(product, 0, error);
  }
  return complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re, error + 2 * EPSILON * sizeOf(a) * sizeOf(b));
}

/** 1/a; `undefined` when a cannot be told from 0. */
export function invertComplex(a: Complex): Complex | undefined {
  const square = a.re * a.re + a.im * a.im;
  const size = sizeOf(a);
  if (!(square > 0) || a.error * 4 > size || square < 1e-280) return undefined;
  return complex(a.re / square, -a.im / square, (2 * a.error) / (size * size) + (2 * EPSILON) / size);
}

/** exp a. */
export function expComplex(a: Complex): Complex | undefined {
  const scale = Math.exp(a.re);
  if (scale === 0) return undefined;
  const error = scale * (a.error + 2 * EPSILON);
  return a.im === 0 ? complex(scale, 0, error) : complex(scale * Math.cos(a.im), scale * Math.sin(a.im), 2 * error);
}

/** The principal logarithm; `undefined` when a cannot be told from 0. */
export function logComplex(a: Complex): Complex | undefined {
  const size = sizeOf(a);
  if (!(size > 0) || a.error * 4 > size) return undefined;
  return complex(
    Math.log(size),
    a.im === 0 ? (a.re < 0 ? Math.PI : 0) : Math.atan2(a.im, a.re),
    (2 * a.error) / size + 2 * EPSILON,
  );
}

/** |a|. */
export function sizeOf(a: Complex): number {
  return a.im === 0 ? Math.abs(a.re) : Math.hypot(a.re, a.im);
}

/**
 * Whether a and b are the same number as far as doubles can tell. Two values that differ by no more
 * than their rounding error are equal only when that error is small beside them, or they are 0.
 */
export function areComplexClose(a: Complex, b: Complex): boolean {
  const noise = 4 * (a.error + b.error);
  const size = Math.max(sizeOf(a), sizeOf(b));
  if (noise > Math.max(1e-9 * size, 1e-10)) return false;
  return Math.hypot(a.re - b.re, a.im - b.im) <= noise;
}
