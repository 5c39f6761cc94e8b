import { html } from "hono/html";
import { count } from "../format-quantity.ts";
import type { Markup } from "./markup.ts";
import { ticksTo } from "./ticks.ts";

/** Size of a chart and where its plotting area lies, in units of its own. */
export const CHART = { width: 360, height: 190, left: 42, right: 352, top: 20, bottom: 158 } as const;

/** What a chart needs around its marks. */
export interface Frame {
  /** What the chart shows, for people who do not see it. */
  readonly label: string;
  readonly x: string;
  readonly y: string;
  /** The largest value on the y axis. */
  readonly most: number;
  /** Ticks of the x axis, `at` in [0, 1] of its width. */
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  /** A threshold, `at` in [0, 1] of the width. */
  readonly rule?: { readonly at: number; readonly text: string };
}

/** Position of a share of the width. */
export function xAt(share: number): number {
  return round(CHART.left + share * (CHART.right - CHART.left));
}

/** Height of a value above the x axis. */
export function heightOf(value: number, most: number): number {
  const top = ticksTo(most).at(-1) as number;
  return round((value / top) * (CHART.bottom - CHART.top));
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Axes, grid, threshold and labels around the marks of a chart, as an inline SVG. */
export function drawFrame(frame: Frame, marks: Markup): Markup {
  const { label, x, y, most, ticks, rule } = frame;
  const { width, height, left, right, top, bottom } = CHART;
  const rows = ticksTo(most).map((value) => ({ value, at: bottom - heightOf(value, most) }));
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
${rows.map(({ at }) => html`<line class="grid" x1="${left}" x2="${right}" y1="${at}" y2="${at}"/>`)}
${rows.map(({ value, at }) => html`<text class="tick" x="${left - 5}" y="${at}" dy="0.32em" text-anchor="end">${count(value)}</text>`)}
${ticks.map(({ at, text }) => html`<text class="tick" x="${xAt(at)}" y="${bottom + 5}" dy="0.9em" text-anchor="${at > 0.97 ? "end" : "middle"}">${text}</text>`)}
<text class="axis" x="${left}" y="${top - 9}">${y}</text>
<text class="axis" x="${right}" y="${height - 4}" text-anchor="end">${x}</text>
${marks}
<line class="base" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>
${rule === undefined ? "" : drawRule(rule)}
</svg>`;
}

function drawRule({ at, text }: NonNullable<Frame["rule"]>): Markup {
  const x = xAt(at);
  const left = at > 0.5;
  return html`<line class="rule" x1="${x}" x2="${x}" y1="${CHART.top - 6}" y2="${CHART.bottom}"/>
<text class="rule-label" x="${x + (left ? -4 : 4)}" y="${CHART.top - 1}" text-anchor="${left ? "end" : "start"}">${text}</text>`;
}
