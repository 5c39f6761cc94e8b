import type { Node } from "./expression.ts";
import { spendWork } from "./work-budget.ts";

/**
 * One text per expression up to the order and grouping of sums and products (lists and sets keep
 * their order). Equal texts are equal expressions; different texts say nothing.
 */
export function writeCanonical(node: Node): string {
  spendWork(30);
  switch (node.type) {
    case "number":
      return node.value.d === 1n ? `${node.value.n}` : `${node.value.n}/${node.value.d}`;
    case "symbol":
      return node.name;
    case "constant":
      return `<${node.name}>`;
    case "sum":
      return joinSorted("+", flatten(node, "sum"));
    case "product":
      return joinSorted("*", flatten(node, "product"));
    case "power":
      return `(${writeCanonical(node.base)}^${writeCanonical(node.exponent)})`;
    case "call":
      return `${node.name}(${node.args.map(writeCanonical).join(",")})`;
    case "plus-minus":
      return `(${node.first ? writeCanonical(node.first) : ""}${node.flipped ? "∓" : "±"}${writeCanonical(node.second)})`;
    case "percent":
      return `${writeCanonical(node.of)}%`;
    case "quantity":
      return `${writeCanonical(node.of)} ${node.unit}`;
    case "based":
      return `${node.digits}_${node.base}`;
    case "ratio":
      return `(${node.parts.map(writeCanonical).join(":")})`;
    case "list":
      return node.items.map(writeCanonical).join(",");
    case "set":
      return `{${node.items.map(writeCanonical).join(",")}}`;
    case "tuple":
      return `${node.open}${node.items.map(writeCanonical).join(",")}${node.close}`;
    case "union":
      return `(${node.parts.map(writeCanonical).join(node.operator)})`;
    case "relation":
      return node.sides.map((side, at) => writeCanonical(side) + (node.operators[at] ?? "")).join("");
    case "matrix":
      return `[${node.determinant ? "det" : ""}${node.rows.map((row) => row.map(writeCanonical).join("&")).join(";")}]`;
  }
}

function joinSorted(operator: "+" | "*", nodes: readonly Node[]): string {
  const neutral = operator === "*" ? "1" : "0";
  const parts = nodes.map(writeCanonical).filter((part) => part !== neutral);
  return parts.length === 1 ? (parts[0] as string) : `(${parts.sort().join(operator)})`;
}

function flatten(node: Node, type: "sum" | "product"): readonly Node[] {
  if (node.type === "sum" && type === "sum") return node.terms.flatMap((term) => flatten(term, type));
  if (node.type === "product" && type === "product") return node.factors.flatMap((factor) => flatten(factor, type));
  return [node];
}
