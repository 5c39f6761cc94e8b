/** What stands for a key in a text. */
const MARK = "[key]";

/** How a server may write a character: JSON's escapes, percent signs, HTML's references. */
const DECODERS: readonly ((text: string) => string)[] = [
  (text) =>
    text.replace(/\\(?:u([0-9a-f]{4})|(["'\\/]))/gi, (_, hex: string | undefined, literal: string) =>
      hex === undefined ? literal : String.fromCharCode(Number.parseInt(hex, 16)),
    ),
  (text) => text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  (text) =>
    text.replace(/&(?:#(x[0-9a-f]{1,6}|\d{1,6})|(amp|lt|gt|quot|apos));/gi, (whole, digits?: string, name?: string) =>
      digits === undefined ? (NAMED[name as string] ?? whole) : decodePoint(digits, whole),
    ),
];
const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
/** A text may be escaped, and escaped again. */
const DEPTH = 3;
/** Characters that are looked through; the rest is left out. */
const LONGEST = 8000;
/** Text in which ever more keys are found is withheld. */
const ROUNDS = 16;

/**
 * A text without the key, however it is escaped in there: as it is, or in JSON, in an address or
 * in HTML, up to three of them deep. Where an escaped key is found, the text is given as decoded.
 */
export function redact(text: string, key: string | undefined): string {
  if (key === undefined || key === "") return text;
  let shown = text.slice(0, LONGEST).replaceAll(key, MARK);
  for (let round = 0; round < ROUNDS; round += 1) {
    const found = reveal(shown, key);
    if (found === undefined) return shown;
    shown = found.replaceAll(key, MARK);
  }
  return MARK;
}

/** The text decoded so far that the key stands in it; absent when it is in none of its forms. */
function reveal(text: string, key: string): string | undefined {
  const seen = new Set([text]);
  let forms = [text];
  for (let depth = 0; depth < DEPTH; depth += 1) {
    forms = forms.flatMap((form) => DECODERS.map((decode) => decode(form))).filter((form) => !seen.has(form));
    for (const form of forms) seen.add(form);
    const found = forms.find((form) => form.includes(key));
    if (found !== undefined) return found;
  }
  return undefined;
}

function decodePoint(digits: string, whole: string): string {
  const code = digits.startsWith("x") || digits.startsWith("X") ? Number.parseInt(digits.slice(1), 16) : Number(digits);
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
}
