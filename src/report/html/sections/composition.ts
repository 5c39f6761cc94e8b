import { html } from "hono/html";
import type { Group } from "../../count-composition.ts";
import { count, percent } from "../../format-quantity.ts";
import type { RunSummary } from "../../summarise-run.ts";
import { type Markup, quoteText } from "../markup.ts";
import type { Section } from "../section.ts";
import { drawBar, drawTable } from "../table.ts";

/** What the subset does to answer kinds, sources and lengths. */
export function compositionSection({ composition }: RunSummary): Section {
  const id = "composition";
  const title = "What is the subset made of?";
  if (composition === null) return { id, title, body: html`<p>Not known: the run has not come to its decisions.</p>` };
  const { kinds, files, questionLength, responseLength } = composition;
  const body = html`<p>Shares of the whole dataset (grey) and of the subset (blue).</p>
<div class="columns">${drawGroups("Kind of answer", kinds)}
${files.length > 1 ? drawGroups("Source file", files) : ""}
${drawGroups("Length of the question, characters", questionLength)}
${drawGroups("Length of the response with the image, mean tokens", responseLength)}</div>`;
  return { id, title, body };
}

function drawGroups(caption: string, groups: readonly Group[]): Markup {
  const all = groups.reduce((sum, { samples }) => sum + samples, 0);
  const chosen = groups.reduce((sum, { selected }) => sum + selected, 0);
  const rows = groups.map(({ name, samples, selected }) => [
    quoteText(name, 60),
    count(samples),
    percent(samples, all),
    count(selected),
    percent(selected, chosen),
    html`${drawBar(samples / all, "dropped")}${drawBar(chosen === 0 ? 0 : selected / chosen, "kept")}`,
  ]);
  return drawTable(caption, ["group", "samples", "share", "selected", "share", ""], rows, { visibleCaption: true });
}
