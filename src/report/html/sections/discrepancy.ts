import { html } from "hono/html";
import { total } from "../../count-decisions.ts";
import type { CountsCell, DiscrepancyBin } from "../../distributions.ts";
import { count, decimal, percent } from "../../format-quantity.ts";
import type { RunSummary } from "../../summarise-run.ts";
import { drawColumns } from "../column-chart.ts";
import { drawHeatTable } from "../heat-table.ts";
import type { Markup } from "../markup.ts";
import { drawLegend, pair, type Section } from "../section.ts";
import { drawTable } from "../table.ts";

/** Whether the image matters: the histogram of D with λ_c (the paper's Figure 5a), and the counts behind it. */
export function discrepancySection(summary: RunSummary): Section {
  const { discrepancy, counts, stoppedEarly } = summary.distributions;
  const bounded = discrepancy.reduce((sum, bin) => sum + total(bin.bounded), 0);
  const notRun = counts.cells.filter(isNotRun).reduce((sum, { samples }) => sum + samples, 0);
  const caption = html`D = (c₁ − c₀) / M over the samples: how much more often the image arm is right.${
    bounded === 0
      ? ""
      : html` Of ${count(bounded)} samples D is the largest they can have: their text arm was not run or stopped once the verdict was certain. A run with <code>--protocol full</code> knows every D.`
  }`;
  const body = html`${drawLegend(bounded > 0)}${pair(caption, drawHistogram(summary), drawNumbers(discrepancy, bounded > 0))}
<h3>Right answers with and without the image</h3>
${drawHeatTable(summary)}
<p>Samples by c₁ (rows) and c₀ (columns)${summary.gates.lambdaC === null ? "" : "; outlined: passed CDE"}.${
    stoppedEarly + notRun === 0
      ? ""
      : ` The text arm was not run for ${count(notRun)} samples and stopped early for ${count(stoppedEarly)}, whose c₀ is what was counted until then.`
  }</p>`;
  return { id: "discrepancy", title: "Does the image matter?", body };
}

function isNotRun(cell: CountsCell): boolean {
  return cell.correctText === null;
}

function drawHistogram({ distributions: { discrepancy }, gates }: RunSummary): Markup {
  const columns = discrepancy.map(({ d, exact, bounded }) => ({
    title: `D = ${decimal(d)}: ${count(total(exact) + total(bounded))} samples`,
    parts: [
      { className: "kept", value: exact.kept },
      { className: "kept bounded", value: bounded.kept },
      { className: "replacement", value: exact.replacement },
      { className: "replacement bounded", value: bounded.replacement },
      { className: "dropped", value: exact.dropped },
      { className: "dropped bounded", value: bounded.dropped },
    ],
  }));
  const n = discrepancy.length;
  const at = (d: number): number => ((d + 1) * ((n - 1) / 2) + 0.5) / n;
  const rule =
    gates.lambdaC === null
      ? {}
      : { rule: { at: at(edgeOf(gates.lambdaC, 2 / (n - 1))), text: `λ_c = ${decimal(gates.lambdaC)}` } };
  return drawColumns(columns, {
    label: `Histogram of D over ${count(columns.length)} values; the table has its numbers`,
    x: "D",
    y: "samples",
    ticks: [-1, -0.5, 0, 0.5, 1].map((d) => ({ at: at(d), text: decimal(d) })),
    ...rule,
  });
}

/** Halfway between the last value of D that fails and the first that passes, wherever λ_c is between them. */
function edgeOf(lambdaC: number, step: number): number {
  return (Math.floor(lambdaC / step + 1e-9) + 0.5) * step;
}

function drawNumbers(bins: readonly DiscrepancyBin[], anyBounded: boolean): Markup {
  const filled = bins.filter(({ exact, bounded }) => total(exact) + total(bounded) > 0);
  const all = filled.reduce((sum, { exact, bounded }) => sum + total(exact) + total(bounded), 0);
  const header = ["D", "samples", "share", "selected", ...(anyBounded ? ["bounds"] : [])];
  const rows = filled.map(({ d, exact, bounded }) => {
    const samples = total(exact) + total(bounded);
    const selected = samples - exact.dropped - bounded.dropped;
    return [
      decimal(d),
      count(samples),
      percent(samples, all),
      count(selected),
      ...(anyBounded ? [count(total(bounded))] : []),
    ];
  });
  return drawTable("Samples by D", header, rows);
}
