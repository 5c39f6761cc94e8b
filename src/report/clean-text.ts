/** Controls, and the marks that turn the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be shown.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const SIGNS: Readonly<Record<string, string>> = { "\t": "⇥", "\n": "↵", "\r": "␍" };

/** The first `limit` characters of a text from a dataset or a model, controls and direction marks replaced by signs. */
export function cleanText(text: string, limit: number): string {
  const head = [...text.slice(0, 2 * limit)].slice(0, limit).join("");
  return head.toWellFormed().replace(CONTROLS, (sign) => SIGNS[sign] ?? "\ufffd");
}
