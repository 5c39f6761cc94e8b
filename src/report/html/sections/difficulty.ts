import { html } from "hono/html";
import { total } from "../../count-decisions.ts";
import { count, decimal, percent } from "../../format-quantity.ts";
import type { RunSummary } from "../../summarise-run.ts";
import { drawColumns } from "../column-chart.ts";
import type { Markup } from "../markup.ts";
import { drawLegend, pair, type Section } from "../section.ts";
import { drawBar, drawTable } from "../table.ts";

/** How hard the samples are, and how many GRPO groups they would waste. */
export function difficultySection(summary: RunSummary): Section {
  const { difficulty } = summary.distributions;
  const all = difficulty.reduce((sum, { samples }) => sum + total(samples), 0);
  const rows = difficulty.map(({ difficulty: value, samples }) => [
    decimal(value),
    count(total(samples)),
    percent(total(samples), all),
    count(samples.kept + samples.replacement),
  ]);
  const caption = "D_diff = 1 − c₁/M: 0 is always right with the image, 1 never.";
  const body = html`${drawLegend(false)}${pair(caption, drawDifficulty(summary), drawTable("Samples by difficulty", ["D_diff", "samples", "share", "selected"], rows))}
<h3>Groups that would teach nothing</h3>
${drawWaste(summary)}
<p>Expected share of samples whose GRPO group of n responses is all right or all wrong, and so has no gradient. Pass rates are inferred from c₁ under the distribution that fits the whole dataset best.</p>`;
  return { id: "difficulty", title: "How hard is it?", body };
}

function drawDifficulty({ distributions: { difficulty } }: RunSummary): Markup {
  const n = difficulty.length;
  const columns = difficulty.map(({ difficulty: value, samples }) => ({
    title: `D_diff = ${decimal(value)}: ${count(total(samples))} samples`,
    parts: [
      { className: "kept", value: samples.kept },
      { className: "replacement", value: samples.replacement },
      { className: "dropped", value: samples.dropped },
    ],
  }));
  const every = Math.ceil(n / 6);
  const ticks = difficulty
    .map(({ difficulty: value }, i) => ({ at: (i + 0.5) / n, text: decimal(value) }))
    .filter((_, i) => i % every === 0);
  return drawColumns(columns, {
    label: "Histogram of difficulty; the table has its numbers",
    x: "D_diff",
    y: "samples",
    ticks,
  });
}

function drawWaste({ wastedGroups }: RunSummary): Markup {
  const share = (value: number | null): string => (value === null ? "–" : percent(value, 1));
  const rows = wastedGroups.map(({ size, before, after }) => [
    `n = ${size}`,
    share(before),
    drawBar(before, "dropped"),
    share(after),
    drawBar(after ?? 0, "kept"),
  ]);
  return drawTable("Wasted groups by size", ["group", "whole dataset", "", "subset", ""], rows);
}
