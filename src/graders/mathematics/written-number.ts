/** How digits and commas are read; an ambiguous text is tried in each way. */
export interface NumberStyle {
  /** `1,234,567` is one number. */
  readonly thousands: boolean;
  /** `2,74` is 2.74. */
  readonly decimalComma: boolean;
}

/** Commas group thousands. */
export const PLAIN_STYLE: NumberStyle = { thousands: true, decimalComma: false };
/** Inside brackets a comma always separates. */
export const BRACKETED_STYLE: NumberStyle = { thousands: false, decimalComma: false };

/** Where the number that starts at `start` ends (exclusive), read in a style. */
export function endOfNumber(text: string, start: number, style: NumberStyle): number {
  const whole = endOfDigits(text, start);
  if (style.decimalComma) {
    const grouped = endOfGroups(text, start, whole, ". ");
    return text[grouped] === "," && isDigit(text[grouped + 1]) ? endOfDigits(text, grouped + 1) : whole;
  }
  const at = style.thousands ? endOfGroups(text, start, whole, ", ") : whole;
  if (text[at] !== ".") return at;
  if (isDigit(text[at + 1])) return endOfDigits(text, at + 1);
  const closing = at > start && !isLetter(text[at + 1]) && text[at + 1] !== ".";
  return closing ? at + 1 : at;
}

/** Behind groups of three digits with one of the separators before each. */
function endOfGroups(text: string, start: number, whole: number, separators: string): number {
  let at = whole;
  if (at === start || at - start > 3) return at;
  const separator = text[at];
  if (separator === undefined || !separators.includes(separator)) return at;
  while (text[at] === separator && endOfDigits(text, at + 1) === at + 4) at += 4;
  return at;
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  while (isDigit(text[at])) at += 1;
  return at;
}

/** Whether a sign is an ASCII digit. */
export function isDigit(sign: string | undefined): boolean {
  return sign !== undefined && sign >= "0" && sign <= "9";
}

function isLetter(sign: string | undefined): boolean {
  return sign !== undefined && /[A-Za-z]/.test(sign);
}
