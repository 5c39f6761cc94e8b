import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { renderHtmlReport } from "../../src/report/html/page.ts";
import { summariseRun } from "../../src/report/summarise-run.ts";
import { poison } from "../report/hostile-text.ts";
import {
  findAccessibilityFaults,
  listenForTrouble,
  openBrowser,
  SCREENSHOTS,
  takeScreenshot,
  WIDTHS,
} from "./browser.ts";

let folder: string;
let report: string;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "winnow-report-"));
  report = join(folder, "run", "report.html");
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
  expect(await main(["run", "examples/figures", "--out", join(folder, "run"), "--quiet"])).toBe(0);
  vi.restoreAllMocks();
  await mkdir(SCREENSHOTS, { recursive: true });
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens a file as a page; `trouble` is what it complained of, `requests` what it asked for beside itself. */
async function open(
  path: string,
  options: BrowserContextOptions,
): Promise<{ page: Page; trouble: string[]; requests: string[] }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const trouble = listenForTrouble(page);
  const address = pathToFileURL(path).href;
  const requests: string[] = [];
  page.on("request", (request) => request.url() !== address && requests.push(request.url()));
  await page.goto(address);
  return { page, trouble, requests };
}

test("the demo's report is one file far below 2 MB", async () => {
  expect((await stat(report)).size).toBeLessThan(200_000);
});

const LOOKS = (["wide", "narrow"] as const).flatMap((width) =>
  (["light", "dark"] as const).flatMap((scheme) => [true, false].map((scripts) => ({ width, scheme, scripts }))),
);

test.each(LOOKS)("it reads at $width width, $scheme, with scripts allowed: $scripts", async (look) => {
  const { width, scheme, scripts } = look;
  const options = { viewport: WIDTHS[width], colorScheme: scheme, javaScriptEnabled: scripts };
  const { page, trouble, requests } = await open(report, options);
  expect(await page.locator("h1").innerText()).toBe("figures");
  expect(await page.locator("#funnel table").innerText()).toMatch(/usable samples\s+2,000\s+100\.0 %/);
  expect(await page.locator("svg.chart").count()).toBe(5);
  for (const chart of await page.locator("svg.chart").all()) {
    const box = await chart.boundingBox();
    expect(box?.width).toBeGreaterThan(300);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(WIDTHS[width].width);
  }
  const body = await page.locator("main").boundingBox();
  expect(body?.width).toBeLessThanOrEqual(WIDTHS[width].width);
  if (scripts) {
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(WIDTHS[width].width);
  } else {
    await page.screenshot({ path: join(SCREENSHOTS, `report-${width}-${scheme}.png`), fullPage: true });
  }
  expect([...trouble, ...requests]).toEqual([]);
  await page.context().close();
});

test("it prints on white, charts and tables whole", async () => {
  const { page } = await open(report, { viewport: WIDTHS.wide, colorScheme: "dark" });
  const pdf = await page.pdf({ path: join(SCREENSHOTS, "report.pdf"), format: "A4", printBackground: true });
  const pages = pdf.toString("latin1").match(/\/Type \/Page\b/g)?.length ?? 0;
  expect(pages).toBeGreaterThanOrEqual(3);
  expect(pages).toBeLessThanOrEqual(8);
  await page.emulateMedia({ media: "print" });
  expect(await page.evaluate("getComputedStyle(document.documentElement).backgroundColor")).toBe("rgb(255, 255, 255)");
  await page.context().close();
});

test("hostile text of a dataset and a model runs nothing and breaks nothing", async () => {
  const path = join(folder, "hostile.html");
  await writeFile(path, await renderHtmlReport(poison(await summariseRun(join(folder, "run")))));
  const { page, trouble, requests } = await open(path, { viewport: WIDTHS.narrow });
  await page.mouse.click(100, 100);
  expect(await page.evaluate("globalThis.hacked")).toBeUndefined();
  expect(await page.locator("script, img, iframe, [onload], [onerror]").count()).toBe(0);
  expect(await page.locator("section").count()).toBe(10);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(WIDTHS.narrow.width);
  expect([...trouble, ...requests]).toEqual([]);
  await page.screenshot({ path: join(SCREENSHOTS, "report-hostile.png"), fullPage: true });
  await page.context().close();
});

/** `docs/images/report.png` is a copy of what this leaves in the folder of screenshots. */
test("the README's picture is the head of the report, and small", async () => {
  const { page } = await open(report, { viewport: { width: 1000, height: 1040 }, colorScheme: "light" });
  await takeScreenshot(page, "report-head");
  const path = join(SCREENSHOTS, "report-head.png");
  const small = await sharp(path).png({ palette: true, effort: 10 }).toBuffer();
  await writeFile(path, small);
  expect(small.length).toBeLessThan(60_000);
  await page.context().close();
});
