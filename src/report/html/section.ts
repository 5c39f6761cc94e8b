import { html } from "hono/html";
import type { Markup } from "./markup.ts";

/** A part of the report with its heading; listed in the contents by `title`. */
export interface Section {
  /** Fragment of its address. */
  readonly id: string;
  readonly title: string;
  readonly body: Markup;
}

/** A chart with its caption, and its numbers beside or under it. */
export function pair(caption: string | Markup, chart: Markup, numbers: Markup): Markup {
  return html`<div class="pair"><figure>${chart}<figcaption>${caption}</figcaption></figure><div>${numbers}</div></div>`;
}

/** What the colours of the samples' fates mean. */
export function drawLegend(bounded: boolean): Markup {
  const key = (className: string, text: string): Markup =>
    html`<li><svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="${className}" width="10" height="10"/></svg>${text}</li>`;
  return html`<ul class="legend">${key("kept", "selected")}${key("replacement", "selected as a replacement")}${key("dropped", "not selected")}${
    bounded ? key("dropped bounded", "pale: at most this D, the text arm stopped early") : ""
  }</ul>`;
}
