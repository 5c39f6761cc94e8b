import { createHash } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { renderHtmlReport } from "../../../src/report/html/page.ts";
import type { RunSummary } from "../../../src/report/summarise-run.ts";
import { summariseWorkedRun } from "../worked-run.ts";

let summary: RunSummary;
let page: string;
beforeAll(async () => {
  summary = await summariseWorkedRun();
  page = await renderHtmlReport(summary);
});

/** Rows of the table with this caption, as texts of their cells. */
function table(caption: string, html = page): string[][] {
  const at = html.indexOf(`>${caption}</caption>`);
  const body = html.slice(at, html.indexOf("</table>", at));
  return [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = ""]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = ""]) => cell.replace(/<[^>]*>/g, "").trim()),
  );
}

test("every part of the report has its section", () => {
  const titles = [...page.matchAll(/<h2[^>]*>(.*?)<\/h2>/g)].map(([, title]) => title);
  expect(titles).toEqual([
    "Funnel",
    "Does the image matter?",
    "Where does the model look?",
    "How hard is it?",
    "What if the thresholds move?",
    "What is the subset made of?",
    "What did it take?",
    "How sure is it?",
    "What was set aside?",
    "Where does it come from?",
  ]);
});

test("the tables hold the numbers worked by hand", () => {
  expect(table("Samples at each step").slice(1)).toEqual([
    ["usable samples", "8", "100.0 %", ""],
    ["passed CDE: D &gt; 0.5", "3", "37.5 %", ""],
    ["passed ACE: ψ ≤ 0.1", "2", "25.0 %", ""],
    ["selected", "2", "25.0 %", ""],
  ]);
  expect(table("Samples by D").slice(1)).toEqual([
    ["0", "2", "25.0 %", "0"],
    ["0.2", "3", "37.5 %", "1"],
    ["0.8", "2", "25.0 %", "1"],
    ["1", "1", "12.5 %", "0"],
  ]);
  const heat = table("Samples by right answers with the image (c₁) and without it (c₀)");
  expect(heat[0]).toEqual(["c₁ \\ c₀", "0", "1", "2", "3", "4", "5"]);
  expect(heat[1]).toEqual(["5", "1", "", "", "", "", "1"]);
  expect(heat[2]).toEqual(["4", "2", "", "", "", "", ""]);
  expect(table("Samples kept over λ_c")[6]).toEqual(["0.5 (set)", "2", "25.0 %"]);
});

test("only the cells that passed CDE are outlined: c₁ = 5 and 4 with c₀ = 0", () => {
  expect(page.match(/class="heat-\d passes"/g)).toHaveLength(2);
});

test("the histogram's columns are as high as their samples", () => {
  const chart = /aria-label="Histogram of D.*?<\/svg>/s.exec(page)?.[0] ?? "";
  const heights = [...chart.matchAll(/<rect class="(\w+)"[^>]* height="([\d.]+)"/g)].map(([, fate, h]) => [
    fate,
    Number(h),
  ]);
  // 138 units for the top of the axis, 3: 46 a sample.
  expect(heights).toEqual([
    ["dropped", 92],
    ["replacement", 46],
    ["dropped", 92],
    ["kept", 46],
    ["dropped", 46],
    ["dropped", 46],
  ]);
});

test("the page asks for nothing and runs nothing: its policy allows its own style alone", () => {
  const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  expect(page).toContain(`content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; base-uri`);
  expect(page.replace(style, "")).not.toMatch(/<script|<link|<img|<iframe| style=| on\w+=|url\(|https?:/i);
  expect(style).not.toMatch(/@import|url\(/);
});

test("the same summary gives the same bytes, and names no folder of this machine", async () => {
  expect(await renderHtmlReport(summary)).toBe(page);
  expect(page).not.toContain(summary.run);
  expect(page).not.toContain("/tmp");
});

test("the methods paragraph says what was done with the run's numbers", () => {
  const paragraph = /<blockquote>(.*?)<\/blockquote>/s.exec(page)?.[1] ?? "";
  expect(paragraph).toContain("For each of 8 usable samples of planted.jsonl, scripted was sampled up to M = 5 times");
  expect(paragraph).toContain(
    "exceeded λ_c = 0.5, c₁ and c₀ being its right answers with and without the image (3 samples)",
  );
  expect(paragraph).toContain("exceeded λ_a = 0.1 (2 left)");
  expect(paragraph).toContain("replaced 1 samples");
  expect(page).toContain("arXiv:2506.04755");
});

test("an unfinished run, a run without attention and another method are reported as what they are", async () => {
  const { decisions, ...rest } = summary;
  const empty = { discrepancy: [], difficulty: [], counts: { step: 1, cells: [] }, stoppedEarly: 0 };
  const nothing = { sensitivity: null, attention: null, composition: null, flips: null, stability: null };
  const unfinished = {
    ...rest,
    ...nothing,
    decisions: null,
    state: "interrupted",
    distributions: empty,
    wastedGroups: [],
  };
  expect(await renderHtmlReport(unfinished as RunSummary)).toContain("not finished (interrupted)");
  const blind = await renderHtmlReport({ ...summary, attention: null, aceRan: false });
  expect(blind).toContain("ACE did not run, and ψ is unknown");
  expect(blind).not.toContain("passed ACE");
  const gates = { ...summary.gates, lambdaC: null };
  const limo = await renderHtmlReport({ ...summary, method: "limo", gates, sensitivity: null });
  expect(table("Samples at each step", limo).map(([step]) => step)).toContain("admitted by limo");
  expect(limo).not.toMatch(/λ_c =|class="[^"]*passes|2506\.04755/);
});

test("a page of 256 rollouts per arm stays small", async () => {
  const m = 256;
  const step = Math.ceil((m + 1) / 21);
  const starts = Array.from({ length: 20 }, (_, i) => i * step);
  const cells = starts.flatMap((correctImage) =>
    starts.map((correctText) => ({ correctImage, correctText, samples: 7, selected: 1 })),
  );
  const config = { ...summary.manifest.config, sampling: { ...summary.manifest.config.sampling, rollouts: m } };
  const wide = await renderHtmlReport({
    ...summary,
    manifest: { ...summary.manifest, config },
    distributions: { ...summary.distributions, counts: { step, cells } },
  });
  expect(wide).toContain(">0–12</th>");
  expect(Buffer.byteLength(wide)).toBeLessThan(200_000);
});
