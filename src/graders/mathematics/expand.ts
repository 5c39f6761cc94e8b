import { type Node, negate, someNode } from "./expression.ts";

/** Every choice of signs: `1 ± √5` becomes two expressions; all signs of one item change together. */
export function expandSigns(node: Node): readonly Node[] {
  if (!someNode(node, (one) => one.type === "plus-minus")) return [node];
  if (node.type === "list" || node.type === "set") return node.items.flatMap(expandSigns);
  return [chooseSign(node, false), chooseSign(node, true)];
}

function chooseSign(node: Node, minus: boolean): Node {
  const choose = (one: Node): Node => chooseSign(one, minus);
  switch (node.type) {
    case "plus-minus": {
      const second = node.flipped === minus ? choose(node.second) : negate(choose(node.second));
      return node.first ? { type: "sum", terms: [choose(node.first), second] } : second;
    }
    case "sum":
      return { ...node, terms: node.terms.map(choose) };
    case "product":
      return { ...node, factors: node.factors.map(choose) };
    case "power":
      return { ...node, base: choose(node.base), exponent: choose(node.exponent) };
    case "call":
      return { ...node, args: node.args.map(choose) };
    case "tuple":
    case "list":
    case "set":
      return { ...node, items: node.items.map(choose) };
    case "relation":
      return { ...node, sides: node.sides.map(choose) };
    case "quantity":
    case "percent":
      return { ...node, of: choose(node.of) };
    default:
      return node;
  }
}

/** A scalar before a matrix goes into its entries. */
export function distributeMatrix(node: Node): Node {
  if (node.type !== "product") return node;
  const matrices = node.factors.filter((factor) => factor.type === "matrix");
  const [matrix] = matrices;
  if (matrix === undefined || matrices.length > 1 || matrix.determinant) return node;
  const scalars = node.factors.filter((factor) => factor !== matrix);
  return {
    ...matrix,
    rows: matrix.rows.map((row) => row.map((cell): Node => ({ type: "product", factors: [...scalars, cell] }))),
  };
}
