import type { GradingPolicies } from "../policies.ts";
import { writeCanonical } from "./canonical-text.ts";
import { areExpressionsEqual } from "./compare-expressions.ts";
import { compareRelations } from "./compare-relations.ts";
import { distributeMatrix, expandSigns } from "./expand.ts";
import { type Node, type NodeOf, ONE, someNode } from "./expression.ts";
import { toIntervals } from "./intervals.ts";
import { areUnitsEqual } from "./units.ts";

/** Elements of two lists that match only by value are paired off one by one; no more than this many. */
const PAIRED = 32;

/** Whether an answer is the ground truth, by structure first and then leaf by leaf. */
export function areAnswersEqual(truth: Node, answer: Node, policies: GradingPolicies): boolean {
  const [a, b] = [distributeMatrix(truth), distributeMatrix(answer)];
  if (writeCanonical(a) === writeCanonical(b)) return true;
  const equal = (x: Node, y: Node): boolean => areAnswersEqual(x, y, policies);
  if (hasSign(a) || hasSign(b)) return compareGroups(listOf(expandSigns(a)), listOf(expandSigns(b)), equal, policies);
  if (a.type === "relation" || b.type === "relation") return compareRelations(a, b, equal);
  if (isGroup(a) || isGroup(b)) return compareGroups(a, b, equal, policies);
  if (a.type === "union" || b.type === "union") return compareUnions(a, b, equal);
  if (a.type === "matrix" || b.type === "matrix") return compareMatrices(a, b, equal);
  if (a.type === "quantity" || b.type === "quantity") return compareQuantities(a, b, equal, policies);
  if (a.type === "percent" || b.type === "percent") return comparePercents(a, b, equal, policies);
  if (a.type === "ratio" && b.type === "ratio") return compareRatios(a, b, policies);
  return areExpressionsEqual(a, b, policies);
}

type Equal = (a: Node, b: Node) => boolean;
type Group = NodeOf<"list"> | NodeOf<"set"> | NodeOf<"tuple">;

function hasSign(node: Node): boolean {
  return someNode(node, (one) => one.type === "plus-minus");
}

function listOf(nodes: readonly Node[]): Node {
  return nodes.length === 1 ? (nodes[0] as Node) : { type: "list", items: nodes };
}

function isGroup(node: Node): node is Group {
  return node.type === "list" || node.type === "set" || node.type === "tuple";
}

/** Lists and sets are free in order, tuples are not; an interval needs its own brackets. */
function compareGroups(a: Node, b: Node, equal: Equal, policies: GradingPolicies): boolean {
  if (!isGroup(a) || !isGroup(b)) return compareSingle(a, b, equal);
  if (a.items.length !== b.items.length) return false;
  if (a.type === "tuple" && b.type === "tuple") {
    const sameBrackets = a.open === b.open && a.close === b.close;
    return (sameBrackets || a.items.length > 2) && inOrder(a.items, b.items, equal);
  }
  if (a.type === "tuple" || b.type === "tuple") {
    const other = a.type === "tuple" ? b : a;
    const written = other.type === "set" ? !other.explicit : policies.tupleParenthesesOptional;
    return written && inOrder(a.items, b.items, equal);
  }
  return areNamedDifferently(a.items) || areNamedDifferently(b.items)
    ? compareNamed(a.items, b.items, equal)
    : matchFreely(a.items, b.items, equal);
}

/** A set of one element is that element; an answer given in several equal forms is one answer. */
function compareSingle(a: Node, b: Node, equal: Equal): boolean {
  if (b.type === "list" && !isGroup(a) && b.items.every((item) => equal(a, item))) return true;
  if (a.type === "set" && a.items.length === 1) return equal(a.items[0] as Node, b);
  if (b.type === "set" && b.items.length === 1) return equal(a, b.items[0] as Node);
  if (a.type === "union" || b.type === "union") return compareUnions(a, b, equal);
  if (a.type === "matrix" || b.type === "matrix") return compareMatrices(a, b, equal);
  return false;
}

function inOrder(a: readonly Node[], b: readonly Node[], equal: Equal): boolean {
  return a.length === b.length && a.every((item, at) => equal(item, b[at] as Node));
}

function matchFreely(a: readonly Node[], b: readonly Node[], equal: Equal): boolean {
  const counts = new Map<string, Node[]>();
  for (const item of b) {
    const text = writeCanonical(item);
    counts.set(text, [...(counts.get(text) ?? []), item]);
  }
  const unmatched = a.filter((item) => counts.get(writeCanonical(item))?.pop() === undefined);
  const rest = [...counts.values()].flat();
  if (unmatched.length > PAIRED) return false;
  for (const item of unmatched) {
    const at = rest.findIndex((other) => equal(item, other));
    if (at < 0) return false;
    rest.splice(at, 1);
  }
  return rest.length === 0;
}

/** `x = 1, y = 2`: the names matter, or with one side bare the order. */
function areNamedDifferently(items: readonly Node[]): boolean {
  const names = items.map((item) => (item.type === "relation" ? writeCanonical(item.sides[0] as Node) : ""));
  return names.every((name) => name !== "") && new Set(names).size === names.length;
}

function compareNamed(a: readonly Node[], b: readonly Node[], equal: Equal): boolean {
  const bothNamed = [...a, ...b].every((item) => item.type === "relation");
  return bothNamed ? matchFreely(a, b, equal) : inOrder(a, b, equal);
}

function compareUnions(a: Node, b: Node, equal: Equal): boolean {
  if (a.type === "union" && b.type === "union") {
    if (a.operator !== b.operator) return false;
    return a.operator === "∖" ? inOrder(a.parts, b.parts, equal) : matchFreely(a.parts, b.parts, equal);
  }
  const [union, list] = a.type === "union" ? [a, b] : [b, a];
  if (union.type !== "union" || union.operator !== "∪" || list.type !== "list") return false;
  const ranges = list.items.map((item) => (item.type === "relation" ? toIntervals(item) : undefined));
  return ranges.every((range) => range !== undefined) && matchFreely(union.parts, ranges, equal);
}

/** Entry by entry; a column or a row is also the tuple of its entries. */
function compareMatrices(a: Node, b: Node, equal: Equal): boolean {
  if (a.type === "matrix" && b.type === "matrix") {
    if (a.determinant !== b.determinant || a.rows.length !== b.rows.length) return false;
    return a.rows.every((row, at) => inOrder(row, b.rows[at] ?? [], equal));
  }
  const [matrix, other] = a.type === "matrix" ? [a, b] : [b, a];
  if (matrix.type !== "matrix" || other.type !== "tuple") return false;
  const vector = matrix.rows.length === 1 || matrix.rows.every((row) => row.length === 1);
  return vector && inOrder(matrix.rows.flat(), other.items, equal);
}

function compareQuantities(a: Node, b: Node, equal: Equal, policies: GradingPolicies): boolean {
  if (a.type === "quantity" && b.type === "quantity") return areUnitsEqual(a.unit, b.unit) && equal(a.of, b.of);
  if (!policies.unitOptional) return false;
  return a.type === "quantity" ? equal(a.of, b) : b.type === "quantity" && equal(a, b.of);
}

function comparePercents(a: Node, b: Node, equal: Equal, policies: GradingPolicies): boolean {
  if (a.type === "percent" && b.type === "percent") return equal(a.of, b.of);
  if (areExpressionsEqual(a, b, policies)) return true;
  if (!policies.percentSignOptional) return false;
  return a.type === "percent" ? equal(a.of, b) : b.type === "percent" && equal(a, b.of);
}

/** a₀ : a₁ : … are proportional to b₀ : b₁ : … */
function compareRatios(a: NodeOf<"ratio">, b: NodeOf<"ratio">, policies: GradingPolicies): boolean {
  if (a.parts.length !== b.parts.length) return false;
  const [firstA, firstB] = [a.parts[0] ?? ONE, b.parts[0] ?? ONE];
  return a.parts.every((part, at) =>
    areExpressionsEqual(
      { type: "product", factors: [part, firstB] },
      { type: "product", factors: [b.parts[at] as Node, firstA] },
      policies,
    ),
  );
}
