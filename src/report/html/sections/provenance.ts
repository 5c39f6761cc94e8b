import { html } from "hono/html";
import { BIBTEX, describeMethod } from "../../describe-method.ts";
import { count } from "../../format-quantity.ts";
import { nameDataset } from "../../name-dataset.ts";
import { nameModel } from "../../name-model.ts";
import type { RunSummary } from "../../summarise-run.ts";
import { type Markup, quoteText } from "../markup.ts";
import type { Section } from "../section.ts";
import { type Cell, drawTable } from "../table.ts";

/** Model, prompts, versions and seed, and a paragraph to put in a paper. Says names of files, never whole paths. */
export function provenanceSection(summary: RunSummary): Section {
  const { manifest } = summary;
  const { dataset, model, prompt, config, grader, selection, protocol, settings } = manifest;
  const { temperature, topP, topK, rollouts, seed } = config.sampling;
  const code = (text: string): Markup => html`<code>${quoteText(text, 600)}</code>`;
  const rows: Cell[][] = [
    [
      "dataset",
      html`${quoteText(nameDataset(dataset.path, 120), 120)} (${dataset.format}, ${count(dataset.rows)} rows)`,
    ],
    ["dataset fingerprint", code(dataset.fingerprint)],
    [
      "columns",
      code(
        Object.entries(dataset.fields)
          .map(([field, column]) => `${field} = ${column}`)
          .join(", "),
      ),
    ],
    ["model", quoteText(nameModel(model.name, 120), 120)],
    ["model fingerprint", code(model.fingerprint)],
    ["prompt after the question", prompt.format === "none" ? "none" : code(prompt.format)],
    ["text arm", `the image is replaced: ${prompt.counterfactual}`],
    [
      "sampling",
      `M = ${rollouts}, temperature ${temperature}, top-p ${topP}, top-k ${topK}, at most ${count(manifest.maxTokens)} tokens`,
    ],
    ["seed", `${seed}`],
    ["settings of the arms", code(`image ${settings.image}, text ${settings.text}`)],
    ["grader", code(`${grader.name} ${grader.version}`)],
    ["attention", quoteText(manifest.attention ?? "none", 80)],
    ["selection", code(JSON.stringify(selection))],
    ["protocol", protocol],
    ["Winnow", manifest.winnow],
  ];
  const body = html`${drawTable("What was asked", [], rows, { text: [1] })}
<h3>For a paper</h3>
<blockquote>${quoteText(describeMethod(summary), 4000)}</blockquote>
${summary.method === "rap" ? html`<div class="scroll" role="region" aria-label="Citation as BibTeX" tabindex="0"><pre>${BIBTEX}</pre></div>` : ""}`;
  return { id: "provenance", title: "Where does it come from?", body };
}
