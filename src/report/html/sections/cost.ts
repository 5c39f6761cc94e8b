import { html } from "hono/html";
import { count, percent } from "../../format-quantity.ts";
import type { RunSummary } from "../../summarise-run.ts";
import type { Section } from "../section.ts";
import { drawTable } from "../table.ts";

/** Rollouts and tokens taken and saved, and how sure the selection is. */
export function costSection(summary: RunSummary): Section {
  const { rollouts, seconds, attended } = summary;
  const { image, text } = rollouts.byArm;
  const known = (tokens: number | null | undefined): string =>
    tokens === null || tokens === undefined ? "–" : count(tokens);
  const taken = rollouts.image + rollouts.text;
  const rows = [
    [
      "with the image",
      count(image.rollouts),
      known(image.promptTokens),
      known(image.responseTokens),
      count(image.truncated),
    ],
    [
      "without the image",
      count(text.rollouts),
      known(text.promptTokens),
      known(text.responseTokens),
      count(text.truncated),
    ],
    ["taken", count(taken), known(rollouts.promptTokens), known(rollouts.responseTokens), count(rollouts.truncated)],
  ];
  const saved =
    rollouts.saved === 0
      ? "No rollout was saved: both arms were run whole."
      : `${count(rollouts.saved)} rollouts (${percent(rollouts.saved, taken + rollouts.saved)} of all) were not needed to know the same subset${
          rollouts.savedTokens === null ? "" : `: about ${count(rollouts.savedTokens)} prompt and response tokens`
        }.`;
  const stages = Object.entries(seconds).filter(([, value]) => value >= 0.05);
  const body = html`${drawTable("Rollouts and tokens by arm", ["arm", "rollouts", "prompt tokens", "response tokens", "cut off"], rows)}
<p>${saved} Attention was read for ${count(attended)} samples.${
    rollouts.uncounted > 0 ? ` ${count(rollouts.uncounted)} rollouts were imported without token counts.` : ""
  } Rollouts cut off at the token limit count as wrong.</p>
${drawTable(
  "Wall time by stage",
  ["stage", "seconds"],
  [...stages, ["all", stages.reduce((sum, [, value]) => sum + value, 0)] as const].map(([stage, value]) => [
    stage,
    value.toFixed(1),
  ]),
)}`;
  return { id: "cost", title: "What did it take?", body };
}

/** How many decisions a re-run would turn around. */
export function certaintySection({ flips, stability, selected, samples, state, manifest }: RunSummary): Section {
  const id = "certainty";
  const title = "How sure is it?";
  if (flips === null || stability === null) {
    const greedy = state === "done" && manifest.config.sampling.temperature === 0;
    const why = greedy
      ? "At temperature 0 a re-run brings the same rollouts, and with them the same decisions."
      : "Not measured: the run has not come to its decisions.";
    return { id, title, body: html`<p>${why}</p>` };
  }
  const rows = [
    ["selected again", count(selected - flips.dropped), percent(stability, 1)],
    ["dropped", count(flips.dropped), percent(flips.dropped, selected)],
    ["taken in", count(flips.joined), "–"],
    [
      "decisions that flip",
      count(flips.dropped + flips.joined),
      `${percent(flips.dropped + flips.joined, samples)} of all samples`,
    ],
  ];
  const body = html`${drawTable("Decisions on a re-run", ["on a re-run", "samples", "share of the selected"], rows)}
<p>Means over ${flips.runs} re-runs drawn by parametric bootstrap: both arms' counts are drawn anew from their posterior predictive with uniform priors, ψ is held. Where pass rates crowd at 0 and 1 the prior makes a selection look less stable than it is.</p>`;
  return { id, title, body };
}
