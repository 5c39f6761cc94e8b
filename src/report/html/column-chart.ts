import { html } from "hono/html";
import { CHART, drawFrame, type Frame, heightOf, round, xAt } from "./frame.ts";
import type { Markup } from "./markup.ts";

/** One column: parts from the bottom up. */
export interface Column {
  /** Shown when the column is pointed at. */
  readonly title: string;
  /** `className`: a fate, and `bounded` where the value is a bound. */
  readonly parts: readonly { readonly className: string; readonly value: number }[];
}

/** A histogram of stacked columns of equal width, which fill the x axis. */
export function drawColumns(columns: readonly Column[], frame: Omit<Frame, "most">): Markup {
  const most = Math.max(1, ...columns.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0)));
  const gap = columns.length > 30 ? 0.5 : 1.5;
  const bars = columns.map(({ title, parts }, i) => {
    const [x, end] = [xAt(i / columns.length) + gap, xAt((i + 1) / columns.length) - gap];
    let below = 0;
    const rects = parts
      .filter(({ value }) => value > 0)
      .map(({ className, value }) => {
        below += value;
        const height = heightOf(value, most);
        const y = round(CHART.bottom - heightOf(below, most));
        return html`<rect class="${className}" x="${round(x)}" y="${y}" width="${round(end - x)}" height="${height}"/>`;
      });
    return rects.length === 0 ? "" : html`<g><title>${title}</title>${rects}</g>`;
  });
  return drawFrame({ ...frame, most }, html`${bars}`);
}
