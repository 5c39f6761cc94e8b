import { cleanText } from "./clean-text.ts";

/** What is markup within a line, and what makes an address or a mention out of plain text. */
const MARKUP = /[\\`*_{}[\]<>#|&~$@^]|:(?=\/\/)|(?<=www)\./gi;

/**
 * A text from outside as Markdown that shows it as it is, on one line: no markup, no link, no end of a
 * table's cell. Not for the beginning of a line, where `-` and `1.` are markup too.
 */
export function quoteMarkdown(text: string, limit = 300): string {
  return cleanText(text, limit).replace(MARKUP, "\\$&");
}
