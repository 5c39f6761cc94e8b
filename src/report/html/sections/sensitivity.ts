import { html } from "hono/html";
import type { Sweep } from "../../../records.ts";
import { count, decimal, percent } from "../../format-quantity.ts";
import type { RunSummary } from "../../summarise-run.ts";
import type { Markup } from "../markup.ts";
import { pair, type Section } from "../section.ts";
import { drawSweep } from "../sweep-chart.ts";
import { drawTable } from "../table.ts";

const NAMES: Readonly<Record<Sweep["option"], string>> = { lambdaC: "λ_c", confidence: "confidence", lambdaA: "λ_a" };

/** How the size of the subset moves with either threshold (the axes of the paper's Figure 5b). */
export function sensitivitySection({ sensitivity, samples }: RunSummary): Section {
  const id = "thresholds";
  const title = "What if the thresholds move?";
  if (sensitivity === null)
    return {
      id,
      title,
      body: html`<p>Not measured: only a finished run of RAP, with all its parts, has both gates.</p>`,
    };
  const { cde, ace } = sensitivity;
  const body = html`<p>Samples that pass both gates at other values of one threshold. Without a budget that is the size of the subset: DRM swaps one for one.</p>
${drawOne(cde, samples)}${ace === undefined ? "" : drawOne(ace, samples)}`;
  return { id, title, body };
}

function drawOne(sweep: Sweep, samples: number): Markup {
  const name = NAMES[sweep.option];
  const open = sweep.points.some((point) => point.open > 0);
  const rows = sweep.points.map((point) => [
    `${decimal(point.value)}${point.value === sweep.chosen ? " (set)" : ""}`,
    count(point.kept),
    percent(point.kept, samples),
    ...(open ? [count(point.open)] : []),
  ]);
  const header = [name, "kept", "share", ...(open ? ["open"] : [])];
  const caption = `Samples kept over ${name}.${
    open
      ? " The band is open: samples whose verdict there needs rollouts that were not taken; winnow select takes them."
      : ""
  }`;
  return pair(
    caption,
    drawSweep(sweep, name, `Samples kept over ${name}; the table has the numbers`),
    drawTable(`Samples kept over ${name}`, header, rows),
  );
}
