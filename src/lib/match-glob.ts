type Token =
  | { readonly kind: "one" | "star" | "any" | "folders" }
  | { readonly kind: "char"; readonly char: string }
  | { readonly kind: "set"; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] };

/** Characters of a pattern at most; a longer one matches nothing. */
const LONGEST = 1000;

/**
 * A test for paths with `/` against a pattern: `*` and `?` within a name, `[a-z]` and `[!a-z]`, and `**`
 * across folders, as Hugging Face's tools read them. The pattern may be anybody's: a test takes time in
 * proportion to path times pattern, whatever both are.
 */
export function newGlobMatcher(pattern: string): (path: string) => boolean {
  if (pattern.length > LONGEST) return () => false;
  const tokens = tokenize(pattern);
  const beginning = pattern.slice(0, pattern.search(/[*?[]|$/));
  return (path) => {
    if (!path.startsWith(beginning)) return false;
    // State 2i: before token i. State 2i + 1: inside the folders that `**/` at token i stands for.
    let states = enter(tokens, new Set<number>(), 0);
    for (const char of path) {
      const next = new Set<number>();
      for (const state of states) step(tokens, state, char, next);
      if (next.size === 0) return false;
      states = next;
    }
    return states.has(2 * tokens.length);
  };
}

/** Whether a text has a sign that makes it a pattern. */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

/** A path as a pattern that matches nothing but it. */
export function escapeGlob(path: string): string {
  return path.replace(/[*?[]/g, "[$&]");
}

/** The patterns that `{a,b}` stands for, at most a hundred of them. */
export function expandBraces(pattern: string): readonly string[] {
  const open = /\{([^{}]*)\}/.exec(pattern);
  if (open === null) return [pattern];
  const [whole, inside = ""] = open;
  const before = pattern.slice(0, open.index);
  const after = pattern.slice(open.index + whole.length);
  return inside
    .split(",")
    .slice(0, 100)
    .flatMap((one) => expandBraces(`${before}${one}${after}`))
    .slice(0, 100);
}

/** Adds state 2i with those that are reached from there without a character. */
function enter(tokens: readonly Token[], states: Set<number>, index: number): Set<number> {
  states.add(2 * index);
  const kind = tokens[index]?.kind;
  return kind === "star" || kind === "any" || kind === "folders" ? enter(tokens, states, index + 1) : states;
}

function step(tokens: readonly Token[], state: number, char: string, next: Set<number>): void {
  const index = state >> 1;
  const token = tokens[index];
  if (token === undefined) return;
  switch (token.kind) {
    case "char":
      if (token.char === char) enter(tokens, next, index + 1);
      return;
    case "one":
      if (char !== "/") enter(tokens, next, index + 1);
      return;
    case "set": {
      const within = token.ranges.some(([low, high]) => low <= char && char <= high);
      if (char !== "/" && within !== token.negated) enter(tokens, next, index + 1);
      return;
    }
    case "star":
      if (char !== "/") enter(tokens, next, index);
      return;
    case "any":
      enter(tokens, next, index);
      return;
    case "folders":
      next.add(2 * index + 1);
      if (char === "/" && state % 2 === 1) enter(tokens, next, index + 1);
  }
}

function tokenize(pattern: string): readonly Token[] {
  const characters = [...pattern];
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; ) {
    const [token, length] = readToken(characters, at);
    tokens.push(token);
    at += length;
  }
  return tokens;
}

/** The token at a place, and how many characters it has. */
function readToken(characters: readonly string[], at: number): readonly [Token, number] {
  const char = characters[at] as string;
  if (char === "?") return [{ kind: "one" }, 1];
  if (char === "*" && characters[at + 1] === "*") {
    const starts = at === 0 || characters[at - 1] === "/";
    return starts && characters[at + 2] === "/" ? [{ kind: "folders" }, 3] : [{ kind: "any" }, 2];
  }
  if (char === "*") return [{ kind: "star" }, 1];
  // A bracket right after the opening one is a member.
  const end = char === "[" ? characters.indexOf("]", at + (characters[at + 1] === "!" ? 3 : 2)) : -1;
  if (end === -1) return [{ kind: "char", char }, 1];
  return [readSet(characters.slice(at + 1, end)), end + 1 - at];
}

function readSet(inside: readonly string[]): Token {
  const negated = inside[0] === "!";
  const members = negated ? inside.slice(1) : inside;
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < members.length; at += 1) {
    const low = members[at] as string;
    const isRange = members[at + 1] === "-" && at + 2 < members.length;
    ranges.push([low, isRange ? (members[at + 2] as string) : low]);
    if (isRange) at += 2;
  }
  return { kind: "set", negated, ranges };
}
