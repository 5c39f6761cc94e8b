import { html } from "hono/html";
import type { Sweep, SweepPoint } from "../../records.ts";
import { decimal } from "../format-quantity.ts";
import { CHART, drawFrame, heightOf, round, xAt } from "./frame.ts";
import type { Markup } from "./markup.ts";
import { logTicks } from "./ticks.ts";

/** Samples kept over the values of a threshold; a band reaches up to what could still be kept. */
export function drawSweep(sweep: Sweep, name: string, label: string): Markup {
  const { points, chosen } = sweep;
  const values = points.map(({ value }) => value);
  const [low, high] = [values[0] ?? 0, values.at(-1) ?? 1];
  const logarithmic = low > 0 && high / low > 20;
  const scale = logarithmic ? Math.log : (value: number): number => value;
  const share = (value: number): number =>
    high > low ? (scale(value) - scale(low)) / (scale(high) - scale(low)) : 0.5;
  const most = Math.max(1, ...points.map(({ kept, open }) => kept + open));
  const at = ({ value }: SweepPoint, n: number): string =>
    `${xAt(share(value))},${round(CHART.bottom - heightOf(n, most))}`;
  const line = points.map((point) => at(point, point.kept)).join(" ");
  const roof = points.map((point) => at(point, point.kept + point.open));
  const dots = points.map((point) => {
    const [cx, cy] = at(point, point.kept).split(",");
    return html`<circle class="kept" cx="${cx}" cy="${cy}" r="2.5"/>`;
  });
  const every = logarithmic ? logTicks(low, high) : values.filter((_, i) => i % Math.ceil(values.length / 6) === 0);
  return drawFrame(
    {
      label,
      x: name,
      y: "samples kept",
      most,
      ticks: every.map((value) => ({ at: share(value), text: decimal(value) })),
      rule: { at: share(chosen), text: `${name} = ${decimal(chosen)}` },
    },
    html`<polygon class="open" points="${line} ${roof.reverse().join(" ")}"/><polyline class="line" points="${line}"/>${dots}`,
  );
}
