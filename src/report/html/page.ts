import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { html, raw } from "hono/html";
import { packageRoot } from "../../lib/package-root.ts";
import { writeFileAtomically } from "../../lib/write-file-atomically.ts";
import { count, percent } from "../format-quantity.ts";
import { nameDataset } from "../name-dataset.ts";
import type { RunSummary } from "../summarise-run.ts";
import { type Markup, quoteText } from "./markup.ts";
import type { Section } from "./section.ts";
import { attentionSection } from "./sections/attention.ts";
import { compositionSection } from "./sections/composition.ts";
import { certaintySection, costSection } from "./sections/cost.ts";
import { difficultySection } from "./sections/difficulty.ts";
import { discrepancySection } from "./sections/discrepancy.ts";
import { funnelSection } from "./sections/funnel.ts";
import { provenanceSection } from "./sections/provenance.ts";
import { sensitivitySection } from "./sections/sensitivity.ts";
import { setAsideSection } from "./sections/set-aside.ts";

/** Stylesheets of the page, in their order, relative to the package. */
const STYLES = ["viewer/src/tokens.css", "viewer/src/heat.css", "src/report/html/report.css"];

/** Group size whose waste stands at the top. */
const GROUP = 8;

/**
 * The report of a run as one self-contained page: no script, no request, text of the dataset
 * escaped and isolated. The same summary gives the same bytes.
 */
export async function renderHtmlReport(summary: RunSummary): Promise<string> {
  const sheets = await Promise.all(STYLES.map((path) => readFile(join(packageRoot(), path), "utf8")));
  const style = sheets.join("\n");
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  const name = nameDataset(summary.dataset, 80);
  return String(
    await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Winnow ${summary.winnow}">
<title>${name} · Winnow report</title>
<style>${raw(style)}</style>
</head>
<body>
<main>
${drawHeader(summary)}
${listSections(summary).map(
  ({ id, title, body }) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${body}
</section>
`,
)}
</main>
</body>
</html>
`,
  );
}

/** Writes the report of a run to a file, whole or not at all. */
export async function writeHtmlReport(summary: RunSummary, path: string): Promise<void> {
  await writeFileAtomically(path, await renderHtmlReport(summary));
}

function listSections(summary: RunSummary): Section[] {
  const known = summary.distributions.discrepancy.length > 0;
  return [
    funnelSection(summary),
    ...(known ? [discrepancySection(summary), attentionSection(summary), difficultySection(summary)] : []),
    ...(known ? [sensitivitySection(summary), compositionSection(summary)] : []),
    costSection(summary),
    certaintySection(summary),
    setAsideSection(summary),
    provenanceSection(summary),
  ];
}

function drawHeader(summary: RunSummary): Markup {
  const { dataset, model, method, preset, winnow, state } = summary;
  return html`<header>
<h1>${quoteText(nameDataset(dataset, 80), 80)}</h1>
<p class="muted">Samples worth training on, selected by ${method === "rap" ? "RAP" : method} for ${quoteText(model, 80)} · ${method === "rap" ? `preset ${preset} · ` : ""}Winnow ${winnow}</p>
${state === "done" ? "" : html`<p class="notice">This run is not finished (${state}); this is how far it came.</p>`}
<dl class="key-figures">${keyFigures(summary).map(
    ([name, value, note]) => html`<div><dt>${name}</dt><dd><strong>${value}</strong> <span>${note}</span></dd></div>`,
  )}</dl>
<nav aria-label="Contents"><ul>${listSections(summary).map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>
</header>`;
}

function keyFigures(summary: RunSummary): [string, string, string][] {
  const { selected, samples, rollouts, wastedGroups, stability } = summary;
  const taken = rollouts.image + rollouts.text;
  const waste = wastedGroups.find(({ size }) => size === GROUP);
  return [
    ["selected", percent(selected, samples), `${count(selected)} of ${count(samples)} samples`],
    ["rollouts saved", percent(rollouts.saved, taken + rollouts.saved), `${count(taken)} taken`],
    ...(waste === undefined || waste.after === null
      ? []
      : [
          [
            `wasted groups of ${GROUP}`,
            percent(waste.after, 1),
            `${percent(waste.before, 1)} in the whole dataset`,
          ] as [string, string, string],
        ]),
    ...(stability === null
      ? []
      : [["selected again", percent(stability, 1), "on a re-run"] as [string, string, string]]),
  ];
}
