import { Rejection } from "./rejection.ts";

const PLACEHOLDER = "<image>";
const NUMBERED = /<image[ _]?(\d+)>/g;

/**
 * The question with exactly one literal `<image>` per image.
 *
 * - As many `<image>` as images: unchanged.
 * - Numbered tags only (`<image1>`, `<image 2>`), once each and in order, as many as images:
 *   each becomes `<image>`.
 * - No `<image>`: the images go in front, one `<image>` and a line break each. Numbered tags
 *   that remain name regions of a merged picture; they become `[image1]`, so that no one takes
 *   them for placeholders.
 *
 * Throws a `Rejection("placeholder-count")` when the counts differ.
 */
export function placeImages(question: string, images: number): string {
  const placeholders = question.split(PLACEHOLDER).length - 1;
  const numbers = [...question.matchAll(NUMBERED)].map((match) => Number(match[1]));
  if (placeholders === 0 && numbers.length === images && numbers.every((number, index) => number === index + 1)) {
    return question.replace(NUMBERED, PLACEHOLDER);
  }
  const text = question.replace(NUMBERED, (_tag, number: string) => `[image${number}]`);
  if (placeholders === 0) return `${PLACEHOLDER}\n`.repeat(images) + text;
  if (placeholders === images) return text;
  throw new Rejection(
    "placeholder-count",
    `expected one ${PLACEHOLDER} per image; found ${placeholders} in the question and ${images} image${images === 1 ? "" : "s"}`,
  );
}
