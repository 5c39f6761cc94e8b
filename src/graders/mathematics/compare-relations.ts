import { writeCanonical } from "./canonical-text.ts";
import { findScale } from "./compare-expressions.ts";
import { type Node, type NodeOf, negate, symbolsOf } from "./expression.ts";
import { toIntervals } from "./intervals.ts";

type Relation = NodeOf<"relation">;
type Equal = (a: Node, b: Node) => boolean;

/**
 * Compares where at least one side is a relation: equations and inequalities up to scale with the
 * direction kept, named values by name and value, ranges of one symbol as intervals.
 */
export function compareRelations(a: Node, b: Node, equal: Equal): boolean {
  if (a.type === "relation" && b.type === "relation") return compareBoth(a, b, equal);
  const [relation, other] = a.type === "relation" ? [a, b] : [b as Relation, a];
  const values = valuesOf(relation);
  if (values.some((value) => equal(value, other))) return true;
  const intervals = toIntervals(relation);
  return intervals !== undefined && equal(intervals, other);
}

/** What a relation says a name is worth: the last of a chain, or every side of an approximation. */
function valuesOf(relation: Relation): readonly Node[] {
  const { sides, operators } = relation;
  const last = sides.at(-1) as Node;
  if (operators[0] === "∈") return [last];
  if (!operators.every((operator) => operator === "=" || operator === "~")) return [];
  const named = isName(sides[0] as Node);
  const constant = symbolsOf(sides[0] as Node).length === 0;
  if (!named && !constant && sides.length < 3) return [];
  const approximate = operators.indexOf("~");
  if (approximate < 0) return [last];
  return sides.slice(named && approximate === 0 ? 1 : Math.max(approximate, named ? 1 : 0));
}

/** `x`, `f(x)`, `AB`, `|AB|`, `\sin x`, `V_1 : V_2`, `NO/BO`: what an answer may be named by. */
function isName(node: Node): boolean {
  switch (node.type) {
    case "symbol":
      return true;
    case "product":
      return node.factors.length <= 4 && node.factors.every(isName);
    case "power":
      return isName(node.base) && node.exponent.type === "number" && node.exponent.value.n === -1n;
    case "call":
      return node.args.every((arg) => isName(arg) || symbolsOf(arg).length === 0);
    case "ratio":
      return node.parts.every(isName);
    case "tuple":
      return node.items.every(isName);
    default:
      return false;
  }
}

const MIRRORED: Readonly<Record<string, string>> = { "<": ">", ">": "<", "<=": ">=", ">=": "<=" };

function compareBoth(a: Relation, b: Relation, equal: Equal): boolean {
  if ((a.operators[0] === "∈") !== (b.operators[0] === "∈") && symbolsOf(a).join() === symbolsOf(b).join()) {
    return a.operators[0] === "∈" ? equal(a.sides[1] as Node, b) : equal(a, b.sides[1] as Node);
  }
  if (sameSides(a, b, equal) || sameSides(a, mirror(b), equal)) return true;
  const [rangeA, rangeB] = [toIntervals(a), toIntervals(b)];
  if (rangeA && rangeB && symbolsOf(a).join() === symbolsOf(b).join()) return equal(rangeA, rangeB);
  if (isChain(a) && isChain(b)) return compareChains(a, b, equal);
  if (a.sides.length !== 2 || b.sides.length !== 2) return false;
  return compareScaled(a, b);
}

function sameSides(a: Relation, b: Relation, equal: Equal): boolean {
  return a.operators.join() === b.operators.join() && a.sides.every((side, at) => equal(side, b.sides[at] as Node));
}

function mirror(relation: Relation): Relation {
  return {
    type: "relation",
    sides: relation.sides.toReversed(),
    operators: relation.operators.toReversed().map((operator) => MIRRORED[operator] ?? operator),
  };
}

function isChain(relation: Relation): boolean {
  return relation.operators.every((operator) => operator === "=" || operator === "~" || operator === "∈");
}

/** Chains of `=`: the same name and last value, or with two sides the same equation up to scale. */
function compareChains(a: Relation, b: Relation, equal: Equal): boolean {
  const sameName = writeCanonical(a.sides[0] as Node) === writeCanonical(b.sides[0] as Node);
  const constants = [a, b].every((one) => symbolsOf(one.sides[0] as Node).length === 0);
  if ((sameName || constants) && valuesOf(a).some((x) => valuesOf(b).some((y) => equal(x, y)))) return true;
  return a.sides.length === 2 && b.sides.length === 2 && compareScaled(a, b);
}

/** lhs − rhs of one is a constant times that of the other; a negative one turns an inequality round. */
function compareScaled(a: Relation, b: Relation): boolean {
  const [operatorA, operatorB] = [a.operators[0] as string, b.operators[0] as string];
  if (symbolsOf(a).join() !== symbolsOf(b).join() || symbolsOf(a).length === 0) return false;
  const symmetric = operatorA === "=" || operatorA === "!=";
  if (symmetric ? operatorA !== operatorB : MIRRORED[operatorA] === undefined) return false;
  const scale = findScale(differenceOf(a), differenceOf(b));
  if (scale === undefined) return false;
  if (symmetric) return true;
  return (scale > 0 ? operatorB : MIRRORED[operatorB]) === operatorA;
}

function differenceOf(relation: Relation): Node {
  return { type: "sum", terms: [relation.sides[0] as Node, negate(relation.sides[1] as Node)] };
}
