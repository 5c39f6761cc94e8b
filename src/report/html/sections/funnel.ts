import { html } from "hono/html";
import { count, percent } from "../../format-quantity.ts";
import { gateSteps } from "../../gate-steps.ts";
import { explainEmptySubset } from "../../render-report.ts";
import type { RunSummary } from "../../summarise-run.ts";
import type { Section } from "../section.ts";
import { type Cell, drawBar, drawTable } from "../table.ts";

/** How many samples came how far. */
export function funnelSection(summary: RunSummary): Section {
  const { samples, ungradable, selected, manifest } = summary;
  const step = (label: string, value: number, className: string): Cell[] => [
    label,
    count(value),
    percent(value, samples),
    drawBar(samples === 0 ? 0 : value / samples, className),
  ];
  const rows = [
    step("usable samples", samples, "dropped"),
    ...(ungradable > 0 ? [step("with a ground truth that can be graded", samples - ungradable, "dropped")] : []),
    ...gateSteps(summary).map(([label, value]) => step(label, value, "kept")),
    step("selected", selected, "kept"),
  ];
  const emptiness = explainEmptySubset(summary);
  const body = html`${drawTable("Samples at each step", ["step", "samples", "share", ""], rows)}
<p>${describeReplacement(summary)}${
    manifest.selection.budget === undefined ? "" : " A budget was set; it cuts or fills what the gates left."
  }</p>${emptiness === undefined ? "" : html`<p class="notice">${emptiness}</p>`}`;
  return { id: "funnel", title: "Funnel", body };
}

function describeReplacement({ method, easy, easyReplaced, aceRan }: RunSummary): string {
  if (method !== "rap") return "";
  const replaced =
    easy === 0
      ? "None of those that passed was right in every rollout, so there was nothing to replace."
      : `${count(easyReplaced)} of the ${count(easy)} that passed and were right in every rollout with the image made room for harder ones (DRM).`;
  return aceRan ? replaced : `${replaced} Attention was not read, so ACE did not run.`;
}
