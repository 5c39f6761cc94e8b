/** A whole number for people, with thousands separated. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** A share for people, with one decimal; a dash where there is no whole. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;
}

/** A score or threshold for people: up to three significant digits, a true minus sign. */
export function decimal(value: number): string {
  const rounded = Number(value.toPrecision(3));
  const text = rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
  return text.replace("-", "−");
}
