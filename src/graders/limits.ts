/**
 * What a text may cost before it is refused. Every limit is checked before the work it bounds, so
 * that no response can hang the grader: synchronous JavaScript cannot be interrupted from inside.
 */
export const LIMITS = {
  /** Characters of a response that are looked at, from its end. */
  responseTail: 200_000,
  /** Characters of one candidate answer or ground truth. */
  candidate: 4_096,
  /** Nested brackets, braces and fractions. */
  nesting: 64,
  tokens: 800,
  /** Digits of one written number. */
  digitRun: 256,
  /** Bits of a numerator or denominator. */
  rationalBits: 4_096,
  /** Largest n of an exact n!. */
  factorial: 500,
  /** Elements of a set, list or tuple; matching sets is quadratic. */
  elements: 200,
  matrixCells: 256,
  /** Delimiters looked at when boxes or formulas are searched, from the end of the response. */
  openBoxes: 64,
} as const;

/** Why a text is past a limit that needs no parsing, or `undefined` when it is within all of them. */
export function findExcess(text: string): string | undefined {
  if (text.length > LIMITS.candidate) return `longer than ${LIMITS.candidate} characters (${text.length})`;
  let digits = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) {
      digits += 1;
      if (digits > LIMITS.digitRun) return `a number of more than ${LIMITS.digitRun} digits`;
    } else {
      digits = 0;
      if (code === 40 || code === 91 || code === 123) depth += 1;
      else if ((code === 41 || code === 93 || code === 125) && depth > 0) depth -= 1;
      if (depth > LIMITS.nesting) return `brackets nested deeper than ${LIMITS.nesting}`;
    }
  }
  return undefined;
}
