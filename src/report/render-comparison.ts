import type { ComparedSide, Comparison, DifferingSample, Shift } from "./compare-runs.ts";

/** Two selections for people: how much they overlap, who moved and why, and how the estimates shifted. */
export function renderComparison(comparison: Comparison): string {
  const { a, b, common, both, onlyA, onlyB, jaccard, jaccardByChance, moves, differing } = comparison;
  const lines = [
    "",
    field("A", describeSide(a)),
    field("B", describeSide(b)),
    field("common", `${count(common)} samples decided in both`),
    "",
    field("selected", `${count(both)} by both, ${count(onlyA)} by A alone, ${count(onlyB)} by B alone`),
    field(
      "Jaccard",
      jaccard === null
        ? "nothing is selected"
        : `${jaccard.toFixed(3)} (two random subsets of these sizes: about ${jaccardByChance?.toFixed(3)})`,
    ),
    ...moves.map(({ selectedBy, reasonA, reasonB, samples }) =>
      field("", `${count(samples)} by ${selectedBy.toUpperCase()} alone: ${reasonA} in A, ${reasonB} in B`),
    ),
    "",
    field("D", describeShift(comparison.d)),
    field("ψ", describeShift(comparison.psi)),
    field("difficulty", describeShift(comparison.difficulty)),
    ...(differing.length === 0 ? [] : ["", ...listDiffering(differing, onlyA + onlyB)]),
    "",
  ];
  return `${lines.join("\n")}\n`;
}

function describeSide({ path, model, samples, selected }: ComparedSide): string {
  return `${path}${model === null ? "" : ` (${model})`}: ${count(selected)} of ${count(samples)} selected`;
}

function describeShift({ samples, mean, absolute, correlation }: Shift): string {
  if (samples === 0 || mean === null || absolute === null) return "not measured in both";
  const together = correlation === null ? "" : `, correlation ${correlation.toFixed(3)}`;
  return `B − A: mean ${signed(mean)}, mean absolute ${absolute.toFixed(3)}${together} (${count(samples)} samples)`;
}

function listDiffering(differing: readonly DifferingSample[], all: number): string[] {
  const cells = differing.map((one) => [
    one.rowId ?? `${one.file}:${one.row}`,
    one.selectedBy.toUpperCase(),
    number(one.dA),
    number(one.dB),
    number(one.psiA),
    number(one.psiB),
    `${one.reasonA} / ${one.reasonB}`,
  ]);
  const header = ["sample", "by", "D in A", "in B", "ψ in A", "in B", "reason in A / in B"];
  const widths = header.map((name, at) => Math.max(name.length, ...cells.map((row) => (row[at] as string).length)));
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, at) => cell.padEnd(widths[at] as number)).join("  ")}`.trimEnd();
  const more = all > differing.length ? [`  … ${count(all - differing.length)} more: --limit`] : [];
  return [header, ...cells].map(line).concat(more);
}

function number(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

function field(name: string, value: string): string {
  return `  ${name.padEnd(10)} ${value}`;
}

function count(value: number): string {
  return value.toLocaleString("en");
}
