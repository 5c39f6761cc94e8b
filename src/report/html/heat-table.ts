import { html } from "hono/html";
import type { CountsCell } from "../distributions.ts";
import { count } from "../format-quantity.ts";
import type { RunSummary } from "../summarise-run.ts";
import type { Markup } from "./markup.ts";

const HOTTEST = 6;

/** The c₁ × c₀ table of samples as a heat map: a table whose cells are shaded by the logarithm of their number. */
export function drawHeatTable({ distributions: { counts }, manifest, gates }: RunSummary): Markup {
  const { step, cells } = counts;
  const m = manifest.config.sampling.rollouts;
  const starts = Array.from({ length: Math.floor(m / step) + 1 }, (_, i) => i * step);
  const name = (start: number): string => (step === 1 ? `${start}` : `${start}–${Math.min(m, start + step - 1)}`);
  const most = Math.max(1, ...cells.map(({ samples }) => samples));
  const columns = [...(cells.some(({ correctText }) => correctText === null) ? [null] : []), ...starts];
  const find = (c1: number, c0: number | null): CountsCell | undefined =>
    cells.find(({ correctImage, correctText }) => correctImage === c1 && correctText === c0);
  const { lambdaC } = gates;
  const passes = (c1: number, c0: number | null): boolean =>
    step === 1 && lambdaC !== null && c0 !== null && (c1 - c0) / m > lambdaC + 1e-9;
  const caption = "Samples by right answers with the image (c₁) and without it (c₀)";
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="heat">
<caption class="unseen">${caption}</caption>
<thead><tr><th scope="col">c₁ \\ c₀</th>${columns.map((c0) => html`<th scope="col">${c0 === null ? "not run" : name(c0)}</th>`)}</tr></thead>
<tbody>${starts.toReversed().map(
    (c1) => html`<tr><th scope="row">${name(c1)}</th>${columns.map((c0) => {
      const { samples = 0, selected = 0 } = find(c1, c0) ?? {};
      const heat =
        samples === 0 ? 0 : 1 + Math.round(((HOTTEST - 1) * Math.log(samples)) / Math.log(Math.max(most, 2)));
      const shade = `heat-${heat}${samples > 0 && passes(c1, c0) ? " passes" : ""}`;
      return html`<td class="${shade}" title="${count(samples)} samples, ${count(selected)} selected">${samples === 0 ? "" : count(samples)}</td>`;
    })}</tr>
`,
  )}</tbody></table></div>`;
}
