import { expect, test } from "vitest";
import { quoteText } from "../../../src/report/html/markup.ts";
import { renderHtmlReport } from "../../../src/report/html/page.ts";
import { HOSTILE, poison } from "../hostile-text.ts";
import { summariseWorkedRun } from "../worked-run.ts";

test("a quoted text is escaped, isolated and cut", async () => {
  expect(String(await quoteText("<b> & \"'"))).toBe("<bdi>&lt;b&gt; &amp; &quot;&#39;</bdi>");
  expect(String(await quoteText("a\u202eb\u0000c\nd\ud800"))).toBe("<bdi>a\ufffdb\ufffdc↵d\ufffd</bdi>");
  expect(String(await quoteText("😀😀😀", 2))).toBe('<bdi>😀😀</bdi><span class="muted">… (2 more characters)</span>');
});

test("hostile text of a dataset or a model stays text", async () => {
  const summary = await summariseWorkedRun();
  const [clean, page] = await Promise.all([summary, poison(summary)].map(renderHtmlReport));
  const elements = (html = ""): string[] => [...html.matchAll(/<([a-z]+)[\s>]/g)].map(([, name]) => name as string);
  expect(new Set(elements(page))).toEqual(new Set([...elements(clean), "span"]));
  expect(page).not.toMatch(/<[^>]*\son\w+=/);
  for (const mark of ["\u0000", "\u0007", "\u001b", "\u202e", "\u2066"]) expect(page?.includes(mark)).toBe(false);
  expect(page?.isWellFormed()).toBe(true);
  expect(page?.split("<bdi>").length).toBe(page?.split("</bdi>").length);
  expect(Buffer.byteLength(page ?? "")).toBeLessThan(500_000);
});

test("a dataset's own hostile rows come through the whole run as text", async () => {
  const more = HOSTILE.map((text, i) => ({
    id: text,
    question: `<image>${text}`,
    answer: i % 2 ? null : text,
    images: [`images/${text}.png`],
  }));
  const page = await renderHtmlReport(await summariseWorkedRun({ more, token: HOSTILE[0] }));
  expect(page).toContain("&lt;script&gt;window.");
  expect(page).not.toMatch(/<script|<img|<[^>]*\son\w+=/);
});
