import type { ByRollouts } from "../stages/measure-by-rollouts.ts";

const HEADER = ["", "threshold", "M", "rollouts", "kept", "precision", "recall", "again", "per rollout more"];

/**
 * The figures as a Markdown table, for people and for pages. The last column is what one more rollout a
 * sample brought in precision and in recall, in percentage points, against the next smaller M.
 */
export function renderByRollouts(rows: readonly ByRollouts[]): string {
  const before = new Map<string, ByRollouts>();
  const sorted = [...rows].sort((a, b) => order(rows, a) - order(rows, b) || a.m - b.m);
  const cells = sorted.map((row) => {
    const last = before.get(keyOf(row));
    before.set(keyOf(row), row);
    const rollouts = row.rollouts?.toFixed(1) ?? `${row.m}`;
    const shares = [row.kept, row.precision, row.recall, row.again].map(asPercent);
    return [row.what, row.threshold, `${row.m}`, rollouts, ...shares, describeGain(row, last)];
  });
  const lines = [HEADER, HEADER.map(() => "---"), ...cells];
  return `${lines.map((line) => `| ${line.join(" | ")} |`).join("\n")}\n`;
}

/** Rows of the same gate and threshold stand together, in the order they first come. */
function order(rows: readonly ByRollouts[], row: ByRollouts): number {
  return rows.findIndex((one) => keyOf(one) === keyOf(row));
}

function keyOf({ what, threshold }: ByRollouts): string {
  return `${what} ${threshold}`;
}

function describeGain(row: ByRollouts, last: ByRollouts | undefined): string {
  if (last === undefined) return "";
  const more = (row.rollouts ?? row.m) - (last.rollouts ?? last.m);
  const gain = (now: number | undefined, then: number | undefined): string => {
    if (now === undefined || then === undefined) return "–";
    const points = ((100 * (now - then)) / more).toFixed(1);
    return points.startsWith("-") ? points.replace("-", "−") : `+${points}`;
  };
  return `${gain(row.precision, last.precision)}, ${gain(row.recall, last.recall)}`;
}

function asPercent(share: number | undefined): string {
  return share === undefined ? "–" : `${(100 * share).toFixed(1)} %`;
}
