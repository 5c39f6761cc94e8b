/** Attention of one response as a source reads it: per row heads × keys probabilities, head-major. */
export interface AttentionRows {
  readonly heads: number;
  readonly responseStart: number;
  readonly rows: readonly Float32Array[];
}

/**
 * Attention by hand: every row is random over all its keys, `sharpness` ≥ 1 making it uneven. With
 * a `sink`, rows from there up to `until` (exclusive) give `weight` of their mass to that response
 * token in every head.
 */
export function makeAttention(
  random: () => number,
  shape: { heads: number; prompt: number; length: number; sharpness?: number },
  sink?: { at: number; weight: number; until?: number },
): AttentionRows {
  const { heads, prompt, length, sharpness = 1 } = shape;
  const rows = Array.from({ length }, (_, i) => {
    const keys = prompt + i + 1;
    const row = new Float32Array(heads * keys);
    for (let head = 0; head < heads; head++) {
      const masses = Array.from({ length: keys }, () => random() ** sharpness + 1e-6);
      const sum = masses.reduce((total, mass) => total + mass, 0);
      const planted = sink !== undefined && i >= sink.at && i < (sink.until ?? length);
      for (const [key, mass] of masses.entries()) {
        const own = planted && key === prompt + sink.at ? sink.weight : 0;
        row[head * keys + key] = own + (mass / sum) * (planted ? 1 - sink.weight : 1);
      }
    }
    return row;
  });
  return { heads, responseStart: prompt, rows };
}
