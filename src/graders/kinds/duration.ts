import { stripMarkup } from "../extraction/answer-text.ts";
import { normalizeUnitWord } from "../mathematics/units.ts";

const SECONDS: ReadonlyMap<string, number> = new Map([
  ["week", 604_800],
  ["day", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
]);

/** Reads `1 hour and 15 minutes` as seconds, with the number of units written; `undefined` otherwise. */
export function readDuration(text: string): { readonly seconds: number; readonly units: number } | undefined {
  const parts = stripMarkup(text).split(/\s*(?:,|\band\b)\s*|(?<=[a-z])\s+(?=\d)/i);
  let seconds = 0;
  for (const part of parts) {
    const match = /^(\d{1,6}(?:\.\d{1,6})?)\s?([A-Za-z]{1,10})\.?$/.exec(part);
    const size = match === null ? undefined : SECONDS.get(normalizeUnitWord(match[2] as string));
    if (match === null || size === undefined) return undefined;
    seconds += Number(match[1]) * size;
  }
  return { seconds, units: parts.length };
}
