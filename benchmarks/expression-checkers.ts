import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import { cleanAnswer } from "../src/graders/extraction/answer-text.ts";
import { areExpressionsEqual } from "../src/graders/mathematics/compare-expressions.ts";
import { evaluateExact } from "../src/graders/mathematics/evaluate-exact.ts";
import { type Node, someNode } from "../src/graders/mathematics/expression.ts";
import { parseAnswer } from "../src/graders/mathematics/parse-answer.ts";
import { startWork } from "../src/graders/mathematics/work-budget.ts";
import { DEFAULT_POLICIES } from "../src/graders/policies.ts";

/** How one checker does on pairs of expressions that exact fractions cannot decide. */
export interface CheckerFigures {
  readonly asExpected: number;
  readonly wronglyEqual: readonly string[];
  /** Mean microseconds per pair. */
  readonly microseconds: number;
}

export interface CheckersFigures {
  readonly pairs: number;
  readonly winnow: CheckerFigures;
  readonly kas: CheckerFigures;
}

interface Kas {
  parse(text: string): { parsed: boolean; expr: unknown };
  compare(a: unknown, b: unknown): { equal: boolean };
}

interface Pair {
  readonly text: string;
  readonly a: Node;
  readonly b: Node;
  readonly expected: boolean;
}

/**
 * Measures our evaluator beside Khan Academy's KAS on the same trees: the expression leaves of
 * `test/graders/cases.jsonl`, and of the peers' cases where they lie beside the repository.
 */
export async function compareCheckers(): Promise<CheckersFigures> {
  const kas = createRequire(import.meta.url)("@khanacademy/kas") as Kas;
  const pairs = [
    ...readPairs("test/graders/cases.jsonl", "response", (row) => row.expected === "correct"),
    ...readPairs("../shared/cases/cases-dev.jsonl", "prediction", (row) => row.expected === true),
    ...readPairs("../shared/cases/cases-dev-mutated.jsonl", "prediction", (row) => row.expected === true),
  ];
  const ours = (a: Node, b: Node): boolean => {
    startWork();
    return areExpressionsEqual(a, b, DEFAULT_POLICIES);
  };
  const theirs = (a: Node, b: Node): boolean => {
    const [x, y] = [kas.parse(writeForKas(a)), kas.parse(writeForKas(b))];
    return x.parsed && y.parsed && kas.compare(x.expr, y.expr).equal;
  };
  return { pairs: pairs.length, winnow: judge(pairs, ours), kas: judge(pairs, theirs) };
}

function judge(pairs: readonly Pair[], equal: (a: Node, b: Node) => boolean): CheckerFigures {
  const wronglyEqual: string[] = [];
  let asExpected = 0;
  const start = performance.now();
  for (const { text, a, b, expected } of pairs) {
    const said = attempt(() => equal(a, b));
    if (said === expected) asExpected += 1;
    else if (said) wronglyEqual.push(text);
  }
  return { asExpected, wronglyEqual, microseconds: Math.round(((performance.now() - start) / pairs.length) * 1_000) };
}

/** KAS throws on some expressions; that is "not equal". */
function attempt(run: () => boolean): boolean {
  try {
    return run();
  } catch {
    return false;
  }
}

function readPairs(file: string, field: string, isEqual: (row: Record<string, unknown>) => boolean): readonly Pair[] {
  if (!existsSync(file)) return [];
  const rows = readFileSync(file, "utf8").trim().split("\n");
  return rows.flatMap((line) => {
    const row = JSON.parse(line) as Record<string, unknown>;
    const [a, b] = [readLeaf(String(row.gold)), readLeaf(String(row[field]))];
    if (a === undefined || b === undefined || (evaluateExact(a) && evaluateExact(b))) return [];
    return [{ text: `${row.gold} | ${row[field]}`, a, b, expected: isEqual(row) }];
  });
}

const LEAVES = new Set(["number", "symbol", "constant", "sum", "product", "power", "call"]);

function readLeaf(text: string): Node | undefined {
  const parsed = parseAnswer(cleanAnswer(text));
  if ("failure" in parsed || someNode(parsed.node, (node) => !LEAVES.has(node.type))) return undefined;
  return parsed.node;
}

const KAS_NAMES: Readonly<Record<string, string>> = { asin: "arcsin", acos: "arccos", atan: "arctan" };

/** The tree in KAS's notation; longer names of symbols become one letter with a number. */
function writeForKas(node: Node): string {
  switch (node.type) {
    case "number":
      return `(${node.value.n}/${node.value.d})`;
    case "symbol":
      return node.name.length === 1
        ? node.name
        : `v_${[...node.name].reduce((sum, sign) => sum * 7 + sign.charCodeAt(0), 0) % 997}`;
    case "constant":
      return node.name;
    case "sum":
      return `(${node.terms.map(writeForKas).join("+")})`;
    case "product":
      return `(${node.factors.map(writeForKas).join("*")})`;
    case "power":
      return `(${writeForKas(node.base)}^(${writeForKas(node.exponent)}))`;
    case "call": {
      const [first = "", second] = node.args.map(writeForKas);
      if (node.name === "log" && second !== undefined) return `log_(${second})(${first})`;
      return `${KAS_NAMES[node.name] ?? node.name}(${first})`;
    }
    default:
      throw new Error(`KAS has no ${node.type}`);
  }
}
