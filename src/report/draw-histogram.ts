import { total } from "./count-decisions.ts";
import type { DiscrepancyBin } from "./distributions.ts";
import { count, decimal } from "./format-quantity.ts";

const LEVELS = " ▁▂▃▄▅▆▇█";
const ROWS = 3;
const INDENT = "             ";

/**
 * The histogram of D in block characters, three lines high, with a bar at λ_c when there is one
 * and the ends of the axis below. Empty before anything is known.
 */
export function drawHistogram(bins: readonly DiscrepancyBin[], lambdaC: number | null): string[] {
  const samples = bins.map(({ exact, bounded }) => total(exact) + total(bounded));
  const most = Math.max(0, ...samples);
  if (most === 0) return [];
  const gate = lambdaC === null ? -1 : bins.findIndex(({ d }) => d > lambdaC + 1e-9);
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const cells = samples.map((n) =>
      cellOf(n === 0 ? 0 : Math.max(1, Math.round((8 * ROWS * n) / most)), ROWS - 1 - row),
    );
    return withGate(cells, gate, "│").join("");
  });
  const width = 2 * bins.length;
  const ends = [decimal(bins[0]!.d), decimal(bins.at(-1)!.d)] as const;
  const axis = `${ends[0].padEnd(Math.floor(width / 2))}0`.padEnd(width - ends[1].length) + ends[1];
  const mark = gate === -1 ? "" : `   │ λ_c = ${decimal(lambdaC as number)}`;
  const bounded = bins.reduce((sum, bin) => sum + total(bin.bounded), 0);
  const note =
    bounded === 0 ? [] : [`${INDENT}of ${count(bounded)} samples the largest D possible: their text arm stopped early`];
  return [
    ...lines.map((line, row) => `${row === ROWS - 1 ? "  D          " : INDENT}${line}`),
    `${INDENT}${axis}${mark}`,
    ...note,
  ];
}

/** The part of a bar of `height` eighths that lies in a row, counted from the bottom; two characters wide. */
function cellOf(height: number, row: number): string {
  const level = Math.min(8, Math.max(0, height - 8 * row));
  return (LEVELS[level] as string).repeat(2);
}

function withGate(cells: readonly string[], gate: number, bar: string): string[] {
  return gate === -1 ? [...cells] : [...cells.slice(0, gate), bar, ...cells.slice(gate)];
}
