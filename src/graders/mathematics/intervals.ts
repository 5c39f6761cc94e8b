import { evaluateNumeric } from "./evaluate-numeric.ts";
import { type Node, type NodeOf, negate, symbolsOf } from "./expression.ts";

const INFINITY: Node = { type: "constant", name: "infinity" };

/**
 * The range a relation leaves to its one symbol, as an interval or a union: `1 < x ≤ 3`, `x ≥ 2`,
 * `x ≠ 0`, `1 ≤ |z| ≤ 3/2`. `undefined` for any other relation.
 */
export function toIntervals(relation: NodeOf<"relation">): Node | undefined {
  const { sides, operators } = relation;
  const at = sides.findIndex((side) => isSubject(side));
  const bounds = sides.filter((_, index) => index !== at);
  if (at < 0 || bounds.some((bound) => symbolsOf(bound).length > 0) || sides.length > 3) return undefined;
  if (sides.length === 3 && at !== 1) return undefined;
  const subject = sides[at] as Node;
  if (operators.includes("!=")) {
    return sides.length === 2
      ? union(interval(undefined, bounds[0], false, false), interval(bounds[0], undefined, false, false))
      : undefined;
  }
  let [low, high, lowClosed, highClosed]: [Node?, Node?, boolean?, boolean?] = [];
  for (const [index, operator] of operators.entries()) {
    if (!/^[<>]=?$/.test(operator)) return undefined;
    const bound = sides[index === at ? index + 1 : index];
    const upper = operator.startsWith("<") === (index === at);
    if (upper) [high, highClosed] = [bound, operator.endsWith("=")];
    else [low, lowClosed] = [bound, operator.endsWith("=")];
  }
  if (sides.length === 3 && (low === undefined || high === undefined)) return undefined;
  return subject.type === "call"
    ? mirrored(low, high, lowClosed, highClosed)
    : interval(low, high, lowClosed, highClosed);
}

function isSubject(side: Node): boolean {
  return side.type === "symbol" || (side.type === "call" && side.name === "abs" && side.args[0]?.type === "symbol");
}

function interval(low?: Node, high?: Node, lowClosed = false, highClosed = false): Node {
  return {
    type: "tuple",
    open: lowClosed && low ? "[" : "(",
    close: highClosed && high ? "]" : ")",
    items: [low ?? negate(INFINITY), high ?? INFINITY],
  };
}

/** The range of z from that of |z|. */
function mirrored(low?: Node, high?: Node, lowClosed = false, highClosed = false): Node | undefined {
  const least = low && evaluateNumeric(low, { values: new Map(), real: true });
  if (low === undefined || (least !== undefined && least.re < 0)) {
    return high && interval(negate(high), high, highClosed, highClosed);
  }
  return union(
    interval(high && negate(high), negate(low), highClosed, lowClosed),
    interval(low, high, lowClosed, highClosed),
  );
}

function union(...parts: readonly Node[]): Node {
  return { type: "union", operator: "∪", parts };
}
