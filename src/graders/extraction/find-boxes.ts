import { LIMITS } from "../limits.ts";

/** A closed box: what is in it and where it stands (start inclusive, end exclusive). */
export interface Box {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const OPENINGS = ["\\boxed", "\\fbox", "\\beginboxed"];

/** The last closed boxes of a text, in its order; only the last `LIMITS.openBoxes` openings are looked at. */
export function findBoxes(text: string): readonly Box[] {
  const boxes: Box[] = [];
  let from = text.length;
  for (let tries = 0; tries < LIMITS.openBoxes; tries += 1) {
    const start = Math.max(...OPENINGS.map((opening) => (from < 0 ? -1 : text.lastIndexOf(opening, from))));
    if (start < 0) break;
    const box = readBox(text, start);
    if (box !== undefined) boxes.unshift(box);
    from = start - 1;
    if (from < 0) break;
  }
  return dropNested(boxes);
}

function readBox(text: string, start: number): Box | undefined {
  let at = start + (OPENINGS.find((opening) => text.startsWith(opening, start))?.length ?? 0);
  while (text[at] === " ") at += 1;
  if (text[at] !== "{") {
    const bare = /^[\w.]{1,64}/.exec(text.slice(at, at + 64))?.[0];
    return at > start + 6 && bare !== undefined && text[at - 1] === " "
      ? { text: bare, start, end: at + bare.length }
      : undefined;
  }
  let depth = 0;
  for (let end = at; end < text.length && end - at <= LIMITS.candidate + 1; end += 1) {
    const sign = text[end];
    if (sign === "\\") end += 1;
    else if (sign === "{") depth += 1;
    else if (sign === "}") {
      depth -= 1;
      if (depth === 0) return { text: text.slice(at + 1, end), start, end: end + 1 };
    }
  }
  return undefined;
}

function dropNested(boxes: readonly Box[]): readonly Box[] {
  let reach = -1;
  return boxes.filter((box) => {
    if (box.start < reach) return false;
    reach = box.end;
    return true;
  });
}

/** Between boxes of one answer: separators, delimiters and numbering only. */
const JOINT = /^(?:[\s,;&.$]|\\[()[\],;!&\\ ]|\\q?quad|\\text\{\s*(?:and|or)\s*\}|\band\b|\bor\b|\(\d\)|和|或)*$/;

/** Two boxes in a row are two tries; something must join them. */
const JOINED = /[,;&]|quad|and|or|\(\d\)|和|或/;

/** The last box, or the boxes joined to it by nothing but `,`, `and`, `or`. */
export function lastBoxes(boxes: readonly Box[], text: string): readonly Box[] {
  const joined: Box[] = [];
  for (const box of boxes.toReversed()) {
    const next = joined[0];
    if (next !== undefined) {
      const gap = text.slice(box.end, next.start);
      if (gap.length > 40 || !JOINT.test(gap) || !JOINED.test(gap)) break;
    }
    joined.unshift(box);
  }
  return joined;
}
