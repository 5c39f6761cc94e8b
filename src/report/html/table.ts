import { html } from "hono/html";
import type { Markup } from "./markup.ts";

export type Cell = string | number | Markup;

/** A table with a caption; its first column names the rows, the others are numbers unless `text` lists them. Without a header there is none. */
export function drawTable(
  caption: string,
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: { readonly text?: readonly number[]; readonly visibleCaption?: boolean } = {},
): Markup {
  const { text = [], visibleCaption = false } = options;
  const kind = (column: number): string => (column === 0 || text.includes(column) ? "text" : "number");
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption class="${visibleCaption ? "" : "unseen"}">${caption}</caption>
${header.length === 0 ? "" : html`<thead><tr>${header.map((name, i) => (name === "" ? html`<td></td>` : html`<th scope="col" class="${kind(i)}">${name}</th>`))}</tr></thead>`}
<tbody>${rows.map(
    (cells) =>
      html`<tr>${cells.map((cell, i) =>
        i === 0 ? html`<th scope="row" class="text">${cell}</th>` : html`<td class="${kind(i)}">${cell}</td>`,
      )}</tr>
`,
  )}</tbody></table></div>`;
}

/** A bar whose length is a share in [0, 1]; the number stands beside it. */
export function drawBar(share: number, className: string): Markup {
  const width = Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10;
  return html`<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"/><rect class="${className}" width="${width}" height="10"/></svg>`;
}
