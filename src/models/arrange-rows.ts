/** Rows in entries of equal width, each entry holding rows of one prompt; −1 is a filler. */
export interface Arrangement {
  readonly width: number;
  /** Prompt of each entry. */
  readonly prompts: readonly number[];
  /** Row in each slot, entry by entry: prompts.length × width of them. */
  readonly slots: readonly number[];
}

/** A step costs what its slots cost, and for each entry about as much as this many slots more (its prompt's cache). */
const ENTRY_COST = 0.5;

/**
 * The cheapest arrangement of rows, named by their prompts. At least two slots wide, always:
 * with one, the matrix products of attention become matrix-vector products, whose sums round
 * differently, and a row's tokens would depend on who else is asked for.
 */
export function arrangeRows(rows: readonly { readonly row: number; readonly prompt: number }[]): Arrangement {
  const byPrompt = new Map<number, number[]>();
  for (const { row, prompt } of rows) {
    const own = byPrompt.get(prompt);
    if (own === undefined) byPrompt.set(prompt, [row]);
    else own.push(row);
  }
  const counts = [...byPrompt.values()].map((own) => own.length);
  const width = cheapestWidth(counts);
  const prompts: number[] = [];
  const slots: number[] = [];
  for (const [prompt, own] of byPrompt) {
    for (let at = 0; at < own.length; at += width) {
      prompts.push(prompt);
      for (let slot = 0; slot < width; slot++) slots.push(own[at + slot] ?? -1);
    }
  }
  return { width, prompts, slots };
}

function cheapestWidth(counts: readonly number[]): number {
  let best = { width: 2, cost: Infinity };
  const widest = Math.max(2, ...counts);
  for (let width = 2; width <= widest; width++) {
    const entries = counts.reduce((sum, count) => sum + Math.ceil(count / width), 0);
    const cost = entries * (width + ENTRY_COST);
    if (cost < best.cost) best = { width, cost };
  }
  return best.width;
}
