/** Characters after a backslash that mean another one; before others the backslash stays, as in Python. */
const ESCAPES = new Map(
  [..."\"'/\\"]
    .map((one) => [one, one] as const)
    .concat([
      ["n", "\n"],
      ["t", "\t"],
      ["r", "\r"],
      ["b", "\b"],
      ["f", "\f"],
    ]),
);
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))/gs;
const NUMBER = /-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?/y;

/**
 * The items of a list that is written as Python's `str` or JSON writes one of texts and numbers:
 * `['a', "b"]`. `undefined` when the text is no such list. Nothing is evaluated.
 */
export function readList(text: string): readonly string[] | undefined {
  if (!(text.startsWith("[") && text.endsWith("]"))) return undefined;
  const items: string[] = [];
  let at = skipSpace(text, 1);
  while (at < text.length - 1) {
    const end = itemEnd(text, at);
    if (end === undefined) return undefined;
    const item = text.slice(at, end);
    items.push(item[0] === "'" || item[0] === '"' ? undoEscapes(item.slice(1, -1)) : item);
    at = skipSpace(text, end);
    if (at === text.length - 1) return items;
    if (text[at] !== ",") return undefined;
    at = skipSpace(text, at + 1);
  }
  return items;
}

/** The end of the text in quotes or the number that starts at `at`. */
function itemEnd(text: string, at: number): number | undefined {
  const quote = text[at] as string;
  if (quote !== "'" && quote !== '"') {
    NUMBER.lastIndex = at;
    return NUMBER.test(text) ? NUMBER.lastIndex : undefined;
  }
  for (let close = text.indexOf(quote, at + 1); close !== -1; close = text.indexOf(quote, close + 1)) {
    let slashes = 0;
    while (text[close - 1 - slashes] === "\\") slashes += 1;
    if (slashes % 2 === 0) return close + 1;
  }
  return undefined;
}

function undoEscapes(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(ESCAPE, (_, four?: string, eight?: string, two?: string, other?: string) => {
    const code = four ?? eight ?? two;
    if (code === undefined) return ESCAPES.get(other as string) ?? `\\${other}`;
    const point = Number.parseInt(code, 16);
    return point > 0x10ffff ? "\ufffd" : String.fromCodePoint(point);
  });
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (/\s/.test(text[at] ?? "")) at += 1;
  return at;
}
