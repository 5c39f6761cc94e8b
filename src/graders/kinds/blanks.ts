import { cleanAnswer } from "../extraction/answer-text.ts";
import type { GroundTruth, Unreadable } from "./ground-truth.ts";

/** Blanks of one question that are graded; more are free text. */
const MOST = 12;

/**
 * Several blanks: ground truths of one answer per line, `a; b; c`, `(1) a (2) b` or `a → b → c`. Each
 * is graded by its own kind, in order. `undefined` when the text is one answer.
 */
export function readBlanks(
  answer: string,
  readPlain: (text: string) => GroundTruth | Unreadable,
): GroundTruth | undefined {
  const parts = splitBlanks(answer);
  if (parts === undefined || parts.length > MOST) return undefined;
  const truths = parts.map((part) => readPlain(cleanAnswer(part)));
  const readable = truths.filter((truth): truth is GroundTruth => !("reason" in truth));
  if (readable.length !== truths.length || truths.some((truth) => truth.kind === "phrase" && parts.length > 6))
    return undefined;
  return {
    kind: "blanks",
    blanks: parts.length,
    judge: (candidate, boxes) => {
      const said = splitAnswer(candidate, parts.length, boxes);
      if (said === undefined) return undefined;
      return said.length === readable.length && readable.every((truth, at) => truth.judge(said[at] as string) === true);
    },
  };
}

function splitBlanks(answer: string): readonly string[] | undefined {
  const text = answer.trim();
  if (/\\begin|\\\\/.test(text)) return undefined;
  const numbered = /^\(1\)/.test(text) ? text.split(/\(\d\)/).filter((part) => part.trim() !== "") : [];
  if (numbered.length > 1 && !numbered.some((part) => part.includes("\n"))) return numbered.map(dropSeparator);
  for (const separator of ["\n", ";", "；", "→"]) {
    const parts = text.split(separator).map(dropSeparator).filter(Boolean);
    const balanced = parts.every((part) => countOf(part, "(") === countOf(part, ")") && countOf(part, "$") % 2 === 0);
    if (parts.length > 1 && balanced) return parts;
  }
  return undefined;
}

function splitAnswer(
  candidate: string,
  count: number,
  boxes: readonly string[] | undefined,
): readonly string[] | undefined {
  const parts = splitBlanks(candidate);
  if (parts?.length === count) return parts;
  const commas = splitCommas(cleanAnswer(candidate));
  if (commas.length === count) return commas;
  return boxes !== undefined && boxes.length >= count ? boxes.slice(-count) : undefined;
}

/** Splits at commas and `and` outside brackets. */
function splitCommas(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at] as string;
    if ("([{".includes(sign)) depth += 1;
    else if (")]}".includes(sign)) depth -= 1;
    else if (depth <= 0 && (sign === "," || sign === ";")) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.replace(/^\s*and\b/, "").trim()).filter(Boolean);
}

function dropSeparator(part: string): string {
  return part
    .trim()
    .replace(/^[,;.、]\s?|[,;、]$/g, "")
    .trim();
}

function countOf(text: string, sign: string): number {
  return text.split(sign).length - 1;
}
