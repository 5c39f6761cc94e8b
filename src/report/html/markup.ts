import { html } from "hono/html";
import { cleanText } from "../clean-text.ts";

/** A piece of the page; whatever was put into it as a value is escaped. */
export type Markup = ReturnType<typeof html>;

/** Text from a dataset or a model: cleaned, cut to `limit` characters, isolated from the direction of what surrounds it. */
export function quoteText(text: string, limit = 200): Markup {
  const shown = cleanText(text, limit);
  const left = text.length - shown.length;
  const rest = left > 0 ? html`<span class="muted">… (${left.toLocaleString("en")} more characters)</span>` : "";
  return html`<bdi>${shown}</bdi>${rest}`;
}
