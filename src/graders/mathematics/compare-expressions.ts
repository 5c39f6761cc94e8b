import type { GradingPolicies } from "../policies.ts";
import { writeCanonical } from "./canonical-text.ts";
import { areComplexClose, type Complex, invertComplex, multiplyComplex, sizeOf } from "./complex.ts";
import { evaluateExact } from "./evaluate-exact.ts";
import { evaluateNumeric, type Point } from "./evaluate-numeric.ts";
import { arePreciselyEqualAt } from "./evaluate-precise.ts";
import { type Node, someNode, symbolsOf } from "./expression.ts";
import { areRationalsEqual, toNumber } from "./rational.ts";

/**
 * Whether two expressions are the same: identical up to order, then exact fractions, then values
 * with error bounds: once for constants, at many real points where there are symbols.
 */
export function areExpressionsEqual(a: Node, b: Node, policies: GradingPolicies): boolean {
  const [exactA, exactB] = [evaluateExact(a), evaluateExact(b)];
  if (exactA && exactB) {
    return areRationalsEqual(exactA, exactB) || agreeAsDecimals(a, b, toNumber(exactA), toNumber(exactB), policies);
  }
  if (writeCanonical(a) === writeCanonical(b)) return true;
  const symbols = symbolsOf(a);
  if (symbols.join() !== symbolsOf(b).join()) return symbols.length + symbolsOf(b).length > 0 && areEqualAtPoints(a, b);
  return symbols.length === 0 ? areConstantsEqual(a, b, policies) : areEqualAtPoints(a, b);
}

const NOWHERE: ReadonlyMap<string, number> = new Map();

function areConstantsEqual(a: Node, b: Node, policies: GradingPolicies): boolean {
  const point = { values: new Map(), real: false };
  const [x, y] = [evaluateNumeric(a, point), evaluateNumeric(b, point)];
  if (x === undefined || y === undefined) return arePreciselyEqualAt(NOWHERE, a, b) === true;
  if (areComplexClose(x, y) && arePreciselyEqualAt(NOWHERE, a, b) !== false) return true;
  return x.im === 0 && y.im === 0 && agreeAsDecimals(a, b, x.re, y.re, policies);
}

/** The tolerances of the policies; they hold only where a side is written with a decimal point. */
function agreeAsDecimals(a: Node, b: Node, x: number, y: number, policies: GradingPolicies): boolean {
  const [decimalA, decimalB] = [hasDecimalPoint(a), hasDecimalPoint(b)];
  if (!(decimalA || decimalB) || !Number.isFinite(x) || !Number.isFinite(y) || x === 0 || y === 0) return false;
  const difference = Math.abs(x - y);
  const relative = difference / Math.max(Math.abs(x), Math.abs(y));
  const places = 10 ** -policies.decimalPlaces;
  if (difference <= places / 2 && relative <= 10 * places) return true;
  if (policies.relativeTolerance > 0 && relative <= policies.relativeTolerance) return true;
  return (
    policies.shownDigits > 0 && (roundsTo(y, a, x, policies.shownDigits) || roundsTo(x, b, y, policies.shownDigits))
  );
}

/** Whether `value` rounds to `shown`, a plain decimal with enough digits. */
function roundsTo(value: number, node: Node, shown: number, digits: number): boolean {
  if (node.type !== "number" || !node.decimal) return false;
  const written = `${Math.abs(shown)}`;
  const places = written.split(".")[1]?.length ?? 0;
  const significant = written.replace(".", "").replace(/^0+/, "").length;
  return significant >= digits && Math.abs(value - shown) <= 0.5000001 * 10 ** -places;
}

/** Whether a number is written with a decimal point anywhere in the expression. */
function hasDecimalPoint(node: Node): boolean {
  return someNode(node, (one) => one.type === "number" && one.decimal);
}

const POINTS = 14;
const NEEDED = 4;
/** Points at which agreement is confirmed beyond doubles. */
const CONFIRMED = 2;

/** Equal wherever both sides have a value, at no fewer than four points. */
function areEqualAtPoints(a: Node, b: Node): boolean {
  let agreed = 0;
  for (const point of pointsFor(a, b)) {
    const x = evaluateNumeric(a, point);
    const y = x && evaluateNumeric(b, point);
    if (x === undefined || y === undefined) continue;
    if (!areComplexClose(x, y)) return false;
    if (agreed < CONFIRMED && arePreciselyEqualAt(point.values, a, b) === false) return false;
    agreed += 1;
  }
  return agreed >= NEEDED;
}

/**
 * The constant c with a = c·b at every point, or `undefined` when there is none. Two sides that
 * vanish everywhere have none.
 */
export function findScale(a: Node, b: Node): number | undefined {
  let scale: Complex | undefined;
  let agreed = 0;
  for (const point of pointsFor(a, b)) {
    const x = evaluateNumeric(a, point);
    const y = evaluateNumeric(b, point);
    const inverse = y && invertComplex(y);
    const ratio = x && inverse && multiplyComplex(x, inverse);
    if (ratio === undefined || Math.abs(ratio.im) > ratio.error || sizeOf(ratio) <= ratio.error * 4) continue;
    if (scale !== undefined && !areComplexClose(scale, ratio)) return undefined;
    scale = ratio;
    agreed += 1;
  }
  return agreed >= NEEDED ? scale?.re : undefined;
}

/** Fixed points of both signs and several sizes; complex values are allowed only where i is written. */
function* pointsFor(a: Node, b: Node): Generator<Point> {
  const symbols = [...new Set([...symbolsOf(a), ...symbolsOf(b)])].sort();
  const real = ![a, b].some((side) => someNode(side, (node) => node.type === "constant" && node.name === "i"));
  for (let at = 0; at < POINTS; at += 1) {
    const reach = at < 8 ? 3 : at < 11 ? 1 : 12;
    const values = new Map(
      symbols.map((name, index) => {
        const share = (0.379 + 0.618_033_988_75 * (at + 1) + 0.414_213_562_37 * (index + 1) * (at + 2)) % 1;
        return [name, at % 2 === 0 ? reach * (0.07 + share) : reach * (share * 2 - 0.97)] as const;
      }),
    );
    yield { values, real };
  }
}
