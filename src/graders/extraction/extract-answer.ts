import { LIMITS } from "../limits.ts";
import { findBoxes, lastBoxes } from "./find-boxes.ts";
import { lastBracketed, lastFormula } from "./find-formula.ts";
import { lastMarked } from "./find-marker.ts";
import { lastNumber } from "./find-number.ts";

/** One place where the answer may stand. */
export interface Candidate {
  /** The extraction rule: `answer-tag`, `boxed`, `hashes`, `marker`, `whole`, `formula`, `bracket`, `number`, … */
  readonly rule: string;
  readonly text: string;
  /** The response says that this is the answer: it decides even when it cannot be read. */
  readonly explicit: boolean;
  /** Every box, when the candidate is boxes. */
  readonly boxes?: readonly string[];
  /** How many of the boxes, from the last, make up the candidate. */
  readonly joined?: number;
}

const TAILS = [
  "<|im_end|>",
  "<|im_start|>",
  "<|endoftext|>",
  "<|eot_id|>",
  "</s>",
  "<end_of_turn>",
  "<eos>",
  "<|end|>",
];

/** Characters up to which a response as a whole may be the answer. */
const WHOLE = 200;

/** Where to look for the answer, best first; none when the thinking was never closed. */
export function* extractAnswer(response: string): Generator<Candidate> {
  const text = answerPart(response.length > LIMITS.responseTail ? response.slice(-LIMITS.responseTail) : response);
  if (text === undefined || text === "") return;
  const tag = lastTag(text);
  if (tag !== undefined) {
    const boxes = findBoxes(tag);
    if (boxes.length > 0) yield* joinBoxes(boxes, tag, "answer-tag");
    else yield { rule: "answer-tag", text: tag, explicit: true };
  }
  yield* joinBoxes(findBoxes(text), text, "boxed");
  const hashes = text.lastIndexOf("####");
  if (hashes >= 0) {
    const line = lineAt(text, hashes + 4);
    if (line !== "") yield { rule: "hashes", text: line, explicit: true };
  }
  for (const marked of lastMarked(text)) yield { rule: "marker", text: marked, explicit: false };
  if (text.length <= WHOLE) yield { rule: "whole", text, explicit: false };
  const formula = lastFormula(text);
  const number = lastNumber(text);
  if (number !== undefined && number.behind < (formula?.behind ?? 0))
    yield { rule: "number", text: number.text, explicit: false };
  if (formula !== undefined) yield { rule: "formula", text: formula.text, explicit: false };
  const bracketed = lastBracketed(text);
  if (bracketed !== undefined) yield { rule: "bracket", text: bracketed, explicit: false };
  const inside =
    formula !== undefined && number !== undefined && number.behind < formula.behind + formula.text.length + 2;
  if (number !== undefined && !inside) yield { rule: "number", text: number.text, explicit: false };
}

/** What follows the thinking, without the chat template's tail. */
export function answerPart(response: string): string | undefined {
  const closed = response.lastIndexOf("</think>");
  if (closed < 0 && response.includes("<think>")) return undefined;
  let text = closed < 0 ? response : response.slice(closed + "</think>".length);
  for (const tail of TAILS) {
    const at = text.indexOf(tail);
    if (at >= 0) text = text.slice(0, at);
  }
  return text.trim();
}

function lastTag(text: string): string | undefined {
  const open = text.lastIndexOf("<answer>");
  if (open < 0) return undefined;
  const close = text.indexOf("</answer>", open);
  const inside = text.slice(open + "<answer>".length, close < 0 ? undefined : close).trim();
  return inside === "" ? undefined : inside;
}

function* joinBoxes(boxes: ReturnType<typeof findBoxes>, source: string, rule: string): Generator<Candidate> {
  const filled = boxes.filter((box) => box.text.trim() !== "");
  const joined = lastBoxes(filled, source);
  if (joined.length === 0) return;
  const texts = filled.map((box) => box.text);
  const text = joined.map((box) => box.text).join(" , ");
  yield { rule, text, explicit: true, boxes: texts, joined: joined.length };
}

function lineAt(text: string, start: number): string {
  const end = text.indexOf("\n", start);
  return text.slice(start, end < 0 ? undefined : end).trim();
}
