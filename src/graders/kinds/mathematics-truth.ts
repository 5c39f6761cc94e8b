import { cleanAnswer, stripMarkup } from "../extraction/answer-text.ts";
import { findExcess } from "../limits.ts";
import { areAnswersEqual } from "../mathematics/compare-answers.ts";
import { type Node, someNode, symbolsOf } from "../mathematics/expression.ts";
import { parseAnswer } from "../mathematics/parse-answer.ts";
import type { NumberStyle } from "../mathematics/written-number.ts";
import type { GradingPolicies } from "../policies.ts";
import { readChoiceLetters, readLetterRun } from "./choice-letter.ts";
import type { GroundTruth } from "./ground-truth.ts";
import { isWords, readNumberWord } from "./words.ts";

/** Ground truths that are numbers, expressions or structure; `undefined` when the text is no mathematics. */
export function readMathematics(clean: string, policies: GradingPolicies): GroundTruth | undefined {
  const number = readNumberWord(stripMarkup(clean));
  if (number === undefined && isWords(clean) && !isShortProduct(clean)) return undefined;
  const truths = readEachWay(number ?? clean);
  const letters = readLetterRun(clean);
  const first = truths.find((truth) => truth.type === "number") ?? truths[0];
  if (first === undefined) return undefined;
  const compact = compactText(clean);
  return {
    kind: kindOf(first),
    judge: (candidate) => {
      const text = cleanAnswer(candidate);
      if (text === "" || findExcess(text) !== undefined) return undefined;
      if (compactText(text) === compact) return true;
      if (letters !== undefined && readChoiceLetters(text)?.join() === letters.join()) return true;
      const answers = readEachWay(spellOut(text));
      if (answers.length === 0) return undefined;
      return truths.some((truth) => answers.some((answer) => areAnswersEqual(truth, answer, policies)));
    },
  };
}

/** Number words and signs in words, at the start, as digits and `-`: `three apples`, `negative 3`. */
function spellOut(text: string): string {
  const bare = stripMarkup(text);
  const [, sign, word, rest] =
    /^(negative\s|minus\s)?([a-z]{2,10}(?:[\s-][a-z]{2,6})?(?=\s|$))?(.*)$/is.exec(bare) ?? [];
  const number = word === undefined ? undefined : readNumberWord(word);
  if (number !== undefined) return `${sign ? "-" : ""}${number}${rest}`;
  const [first = "", ...others] = bare.split(" ");
  const digits = readNumberWord(first);
  if (digits !== undefined) return [digits, ...others].join(" ");
  return sign === undefined ? text : `-${text.slice(text.indexOf(" ") + 1)}`;
}

/** `AB` and `xy` are products of symbols; a longer run of letters is a word. */
function isShortProduct(clean: string): boolean {
  const bare = stripMarkup(clean);
  return /^[A-Z]{2,4}$/.test(bare) || /^[a-z]{2}$/.test(bare) || bare.length === 1;
}

const STYLES: readonly NumberStyle[] = [
  { thousands: true, decimalComma: false },
  { thousands: false, decimalComma: false },
  { thousands: false, decimalComma: true },
];

/** The ways to read a text: `1,22` is a list or a European decimal, `1,234` a number or a list. */
function readEachWay(text: string): readonly Node[] {
  const ambiguous = /\d,\d/.test(text) || /\d \d{3}/.test(text);
  const statements = /^\d(?:\.\d){2,20}\.?$/.test(text);
  if (statements) return readEachWay(text.replace(/\.$/, "").replaceAll(".", ", "));
  const joined = text.replaceAll(/(?<=\d)(?:\{,\}|,?\\[!,;: ]|\{\\,\}){1,3}\s?(?=\d{3}(?!\d))/g, ",");
  const nodes: Node[] = [];
  const decimal = /\d,(?!\d{3}(?!\d))\d/.test(text);
  for (const style of ambiguous ? STYLES : STYLES.slice(0, 1)) {
    if (style.decimalComma && !decimal) continue;
    const parsed = parseAnswer(joined, style);
    if ("node" in parsed) nodes.push(parsed.node);
  }
  return nodes;
}

/** The text without white space, sizing and spacing commands: equal texts need no parsing. */
export function compactText(text: string): string {
  return text.replaceAll(/\s|\\left|\\right|\\[,;:! ]/g, "").replaceAll(/\\[dt]frac/g, "\\frac");
}

/** The kind a report shows. */
function kindOf(node: Node): string {
  switch (node.type) {
    case "number":
      return node.decimal ? "decimal" : node.value.d === 1n ? "integer" : "fraction";
    case "product":
    case "sum":
    case "power":
    case "call":
      return kindOfExpression(node);
    case "tuple":
      return node.items.length === 2 && (node.open === "[" || node.close === "]") ? "interval" : "tuple";
    case "union":
      return "interval";
    case "relation":
      return node.operators.every((operator) => operator === "=" || operator === "~") ? "equation" : "inequality";
    case "plus-minus":
      return "list";
    case "constant":
    case "symbol":
      return "expression";
    default:
      return node.type;
  }
}

function kindOfExpression(node: Node): string {
  const number = (one: Node | undefined): boolean => one?.type === "number";
  if (node.type === "product" && node.factors.length === 2) {
    const [a, b] = node.factors;
    if (number(a) && number(b)) return b?.type === "number" && b.decimal ? "decimal" : "integer";
    if (
      b?.type === "power" &&
      number(b.base) &&
      number(b.exponent) &&
      someNode(a as Node, number) &&
      !symbolsOf(a as Node).length
    )
      return "fraction";
  }
  return symbolsOf(node).length > 0 ? "symbolic" : "constant";
}
