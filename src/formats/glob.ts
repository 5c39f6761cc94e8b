import { WinnowError } from "../errors.ts";
import { expandBraces, newGlobMatcher } from "../lib/match-glob.ts";

/** Which paths a glob means. */
export interface GlobMatch {
  readonly matched: readonly string[];
  /** A number of a range that means none of them. */
  readonly missing?: string;
}

const RANGE = /\{(\d+)\.\.(\d+)\}/;
const MAX_PARTS = 100_000;

/**
 * Those of `paths` (with `/`, relative to where the glob starts) that a glob with `*`, `**`, `?`,
 * `{a,b}` and `{000..099}` means, in their order. Each number of a range, padded as the first is
 * written, has to be there. Throws `WinnowError("usage")` for ranges of more than 100,000.
 */
export function matchGlob(glob: string, paths: readonly string[]): GlobMatch {
  const there = new Set(paths);
  const meant = new Set<string>();
  const parts = expandRanges(glob);
  let missing: string | undefined;
  for (const part of parts) {
    const found = /[*?{]/.test(part) ? paths.filter(newFileMatcher(part)) : [part].filter((one) => there.has(one));
    if (found.length === 0) missing ??= part;
    for (const one of found) meant.add(one);
  }
  const matched = paths.filter((one) => meant.has(one));
  return { matched, ...(missing !== undefined && parts.length > 1 && { missing }) };
}

function expandRanges(glob: string): readonly string[] {
  const range = RANGE.exec(glob);
  if (range === null) return [glob];
  const [whole, from = "", to = ""] = range;
  const count = Number(to) - Number(from) + 1;
  if (!(count >= 1 && count <= MAX_PARTS)) {
    throw new WinnowError("usage", `${glob}: expected a range of 1 to ${MAX_PARTS} numbers; found ${whole}.`);
  }
  const parts: string[] = [];
  for (let number = Number(from); number <= Number(to); number++) {
    const text = glob.replace(whole, String(number).padStart(from.length, "0"));
    parts.push(...expandRanges(text));
    if (parts.length > MAX_PARTS) {
      throw new WinnowError("usage", `${glob}: expected ranges of at most ${MAX_PARTS} files; found more.`);
    }
  }
  return parts;
}

/** Brackets are no pattern here: files on this machine are often named with them. */
function newFileMatcher(glob: string): (path: string) => boolean {
  const matchers = expandBraces(glob.replaceAll("[", "[[]")).map(newGlobMatcher);
  return (path) => matchers.some((matches) => matches(path));
}
