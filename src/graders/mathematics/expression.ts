import type { Rational } from "./rational.ts";

/**
 * A mathematical answer as a tree: what LaTeX, Unicode and plain notation become before anything is
 * compared. Leaves and operations are expressions; lists, tuples, sets, unions, relations, matrices
 * and quantities are structure around them.
 */
export type Node =
  | { readonly type: "number"; readonly value: Rational; readonly decimal: boolean }
  | { readonly type: "symbol"; readonly name: string }
  | { readonly type: "constant"; readonly name: "pi" | "e" | "i" | "infinity" }
  | { readonly type: "sum"; readonly terms: readonly Node[] }
  | { readonly type: "product"; readonly factors: readonly Node[] }
  | { readonly type: "power"; readonly base: Node; readonly exponent: Node }
  | { readonly type: "call"; readonly name: string; readonly args: readonly Node[] }
  /** first ± second, or with `flipped` first ∓ second; the first is absent for a sign alone. */
  | { readonly type: "plus-minus"; readonly first?: Node; readonly second: Node; readonly flipped: boolean }
  | { readonly type: "percent"; readonly of: Node }
  | { readonly type: "quantity"; readonly of: Node; readonly unit: string }
  | { readonly type: "based"; readonly digits: string; readonly base: string }
  | { readonly type: "ratio"; readonly parts: readonly Node[] }
  /** Bare `a, b`, without brackets. */
  | { readonly type: "list"; readonly items: readonly Node[] }
  /** `{a, b}`: a set when the braces are written (`\{`), a group of TeX otherwise. */
  | { readonly type: "set"; readonly items: readonly Node[]; readonly explicit: boolean }
  /** Two or more items in round or square brackets: a tuple, or with two items an interval. */
  | { readonly type: "tuple"; readonly items: readonly Node[]; readonly open: "(" | "["; readonly close: ")" | "]" }
  | { readonly type: "union"; readonly operator: "∪" | "∩" | "∖"; readonly parts: readonly Node[] }
  /** side₀ op₀ side₁ op₁ side₂ …; operators are `=`, `!=`, `<`, `<=`, `>`, `>=`, `~` and `∈`. */
  | { readonly type: "relation"; readonly sides: readonly Node[]; readonly operators: readonly string[] }
  | { readonly type: "matrix"; readonly rows: readonly (readonly Node[])[]; readonly determinant: boolean };

export type NodeOf<T extends Node["type"]> = Extract<Node, { readonly type: T }>;

export const ONE: NodeOf<"number"> = { type: "number", value: { n: 1n, d: 1n }, decimal: false };
const MINUS_ONE: NodeOf<"number"> = { type: "number", value: { n: -1n, d: 1n }, decimal: false };

/** −node, with numbers kept as numbers. */
export function negate(node: Node): Node {
  if (node.type === "number") return { ...node, value: { n: -node.value.n, d: node.value.d } };
  if (node.type === "percent") return { type: "percent", of: negate(node.of) };
  if (node.type === "quantity") return { ...node, of: negate(node.of) };
  if (node.type === "product") return { type: "product", factors: [MINUS_ONE, ...node.factors] };
  return { type: "product", factors: [MINUS_ONE, node] };
}

/** a/b as a·b⁻¹. */
export function divide(a: Node, b: Node): Node {
  return { type: "product", factors: [a, { type: "power", base: b, exponent: MINUS_ONE }] };
}

/** The direct children of a node. */
function childrenOf(node: Node): readonly Node[] {
  switch (node.type) {
    case "sum":
      return node.terms;
    case "product":
      return node.factors;
    case "power":
      return [node.base, node.exponent];
    case "call":
      return node.args;
    case "plus-minus":
      return node.first ? [node.first, node.second] : [node.second];
    case "percent":
    case "quantity":
      return [node.of];
    case "ratio":
    case "union":
      return node.parts;
    case "list":
    case "set":
    case "tuple":
      return node.items;
    case "relation":
      return node.sides;
    case "matrix":
      return node.rows.flat();
    default:
      return [];
  }
}

/** Whether the node or anything below it satisfies the test. */
export function someNode(node: Node, test: (node: Node) => boolean): boolean {
  return test(node) || childrenOf(node).some((child) => someNode(child, test));
}

/** Names of the symbols in a node, each once, sorted. */
export function symbolsOf(node: Node): readonly string[] {
  const names = new Set<string>();
  someNode(node, (one) => {
    if (one.type === "symbol") names.add(one.name);
    return false;
  });
  return [...names].sort();
}
