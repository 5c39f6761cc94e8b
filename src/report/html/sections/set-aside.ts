import { html } from "hono/html";
import { count } from "../../format-quantity.ts";
import type { SetAsideRow } from "../../list-set-aside.ts";
import type { RunSummary } from "../../summarise-run.ts";
import { type Markup, quoteText } from "../markup.ts";
import type { Section } from "../section.ts";
import { type Cell, drawTable } from "../table.ts";

/** Rows that could not be used, and samples that cannot be graded. */
export function setAsideSection({ setAside, rejected, ungradable, duplicates, manifest }: RunSummary): Section {
  const place = ({ file, row }: SetAsideRow): Markup => html`${quoteText(file, 80)}, row ${count(row)}`;
  const codes = setAside.rejected.flatMap(({ code, rows, examples }): Cell[][] =>
    examples.map((example, i) => [
      i === 0 ? quoteText(code, 60) : "",
      i === 0 ? count(rows) : "",
      place(example),
      quoteText(example.reason),
    ]),
  );
  const truths = setAside.ungradable.map((one): Cell[] => [
    place(one),
    quoteText(one.groundTruth ?? "", 80),
    quoteText(one.reason),
  ]);
  const body = html`<p>Of ${count(manifest.dataset.rows)} rows ${count(rejected)} could not be used, ${count(duplicates)} repeat another exactly and share its fate, and ${count(ungradable)} samples have a ground truth that cannot be graded.${
    rejected > 0 ? " rejected.jsonl in the run directory lists every rejected row." : ""
  }</p>
${codes.length === 0 ? "" : drawTable("Rejected rows by code, with examples", ["code", "rows", "example", "reason"], codes, { text: [2, 3] })}
${truths.length === 0 ? "" : drawTable("Ground truths that cannot be graded (the first ones)", ["row", "ground truth", "reason"], truths, { text: [1, 2], visibleCaption: true })}`;
  return { id: "set-aside", title: "What was set aside?", body };
}
