import { html } from "hono/html";
import { total } from "../../count-decisions.ts";
import { count, decimal, percent } from "../../format-quantity.ts";
import type { RunSummary } from "../../summarise-run.ts";
import { drawColumns } from "../column-chart.ts";
import { type Markup, quoteText } from "../markup.ts";
import { drawLegend, pair, type Section } from "../section.ts";
import { drawTable } from "../table.ts";
import { logTicks, roundTicks } from "../ticks.ts";

/** Where the model looks: the distribution of ψ with λ_a, and where it peaks. */
export function attentionSection(summary: RunSummary): Section {
  const { attention, attended } = summary;
  const id = "attention";
  const title = "Where does the model look?";
  if (attention === null)
    return { id, title, body: html`<p>Attention was not read: ACE did not run, and ψ is unknown.</p>` };
  const caption = `ψ, the median over a sample's responses, of the ${count(attended)} samples whose attention was read; the lazy protocol reads it where it can matter.`;
  const filled = attention.psi.filter(({ samples }) => total(samples) > 0);
  const rows = filled.map(({ from, to, samples }) => [
    `${decimal(from)} – ${decimal(to)}`,
    count(total(samples)),
    count(samples.kept + samples.replacement),
  ]);
  const tokens = attention.tokens.map(({ token, responses }) => [
    html`<code>${quoteText(token.replaceAll(" ", "␣"), 24)}</code>`,
    count(responses),
    percent(responses, attention.responses),
  ]);
  const body = html`${drawLegend(false)}${pair(caption, drawPsi(summary), drawTable("Samples by ψ", ["ψ", "samples", "selected"], rows))}
<h3>The token it leans on most</h3>
<p>In ${percent(attention.peaksAtLast, attention.responses)} of ${count(attention.responses)} responses ψ peaks at the last token, where it rests on a single row of attention.</p>
${tokens.length === 0 ? "" : drawTable("Tokens at the peak", ["token", "responses", "share"], tokens)}`;
  return { id, title, body };
}

function drawPsi({ attention, sensitivity }: RunSummary): Markup {
  const { psi, scale } = attention as NonNullable<RunSummary["attention"]>;
  const [low, high] = [psi[0]!.from, psi.at(-1)!.to];
  const turn = scale === "log" ? Math.log : (value: number): number => value;
  const at = (value: number): number => (high > low ? (turn(value) - turn(low)) / (turn(high) - turn(low)) : 0.5);
  const columns = psi.map(({ from, to, samples }) => ({
    title: `ψ from ${decimal(from)} to ${decimal(to)}: ${count(total(samples))} samples`,
    parts: [
      { className: "kept", value: samples.kept },
      { className: "replacement", value: samples.replacement },
      { className: "dropped", value: samples.dropped },
    ],
  }));
  const values = scale === "log" ? logTicks(low, high) : roundTicks(low, high);
  const lambdaA = sensitivity?.ace?.chosen;
  const rule =
    lambdaA !== undefined && lambdaA >= low && lambdaA <= high
      ? { rule: { at: at(lambdaA), text: `λ_a = ${decimal(lambdaA)}` } }
      : {};
  return drawColumns(columns, {
    label: "Histogram of ψ; the table has its numbers",
    x: scale === "log" ? "ψ, logarithmic" : "ψ",
    y: "samples",
    ticks: values.map((value) => ({ at: at(value), text: decimal(value) })),
    ...rule,
  });
}
