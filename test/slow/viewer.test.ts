import { existsSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { packageRoot } from "../../src/lib/package-root.ts";
import { readDecisions } from "../read-decisions.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { findAccessibilityFaults, listenForTrouble, openBrowser, takeScreenshot, WIDTHS } from "./browser.ts";
import { runWinnow, startViewer } from "./serve-run.ts";

interface Picture {
  decode(): Promise<void>;
}

let browser: Browser;
let demo: string;

beforeAll(async () => {
  browser = await openBrowser();
  demo = join(await mkdtemp(join(tmpdir(), "winnow-viewer-")), "runs", "figures");
  await runWinnow(["run", join(packageRoot(), "examples", "figures"), "--out", demo, "--quiet"]);
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await rm(join(demo, "..", ".."), { recursive: true, force: true });
});

/** A run of the test's own, with all rollouts of the demo. */
async function copyOfDemo(): Promise<string> {
  const folder = join(await temporaryFolder(), "figures");
  await cp(demo, folder, { recursive: true });
  return folder;
}

async function openPage(
  url: string,
  options: Parameters<Browser["newContext"]>[0] = { viewport: WIDTHS.wide },
): Promise<{ readonly page: Page; readonly context: BrowserContext; readonly trouble: string[] }> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const trouble = listenForTrouble(page);
  await page.goto(url);
  await page.locator(".table-row a").first().waitFor();
  return { page, context, trouble };
}

async function selectedCount(page: Page): Promise<string> {
  return page.locator(".funnel-selected td").first().innerText();
}

test.each(Object.entries(WIDTHS))("the demo run is opened and a sample looked at, %s", async (name, viewport) => {
  await using viewer = await startViewer(["runs/figures"], join(demo, "..", ".."));
  for (const colorScheme of ["light", "dark"] as const) {
    const { page, trouble } = await openPage(viewer.url, { viewport, colorScheme });
    expect(page.url()).not.toContain("token");
    await expect.poll(() => page.locator(".row-count").innerText()).toBe("2,000 samples");
    await expect.poll(() => page.locator(".table-row .muted").count()).toBe(0);
    expect(await page.locator(".table-row").count()).toBeLessThan(60);
    await takeScreenshot(page, `viewer-table-${name}-${colorScheme}`);
    expect(await findAccessibilityFaults(page)).toEqual([]);
    if (name === "narrow") await lookAtFolds(page, colorScheme);

    await page.locator(".table-row a").first().click();
    await page.locator(".rollout").first().waitFor();
    expect(await page.locator(".arm-image .rollout").count()).toBe(5);
    expect(
      await page.locator(".images img").evaluate((image) => (image as unknown as Picture).decode()),
    ).toBeUndefined();
    await page.getByRole("button", { name: "attention" }).first().click();
    await page.locator(".token.winning").waitFor();
    await takeScreenshot(page, `viewer-sample-${name}-${colorScheme}`);
    expect(await findAccessibilityFaults(page)).toEqual([]);
    expect(trouble).toEqual([]);
  }
});

/** What a narrow screen folds away: the bounds of the scores, and the selection. */
async function lookAtFolds(page: Page, colorScheme: string): Promise<void> {
  await page.getByText("score bounds").click();
  await page.getByLabel("smallest difficulty").fill("0.4");
  await expect.poll(() => page.locator(".row-count").innerText()).toMatch(/^[\d,]+ samples of 2,000/);
  expect(await page.locator(".bounds summary").innerText()).toContain("1 set");
  await takeScreenshot(page, `viewer-bounds-narrow-${colorScheme}`);
  await page.getByLabel("smallest difficulty").fill("");
  await page.getByText("score bounds").click();
  await page.getByRole("button", { name: /selected of 2,000/ }).click();
  await page.getByRole("slider", { name: /^budget/ }).waitFor();
  await takeScreenshot(page, `viewer-panel-narrow-${colorScheme}`);
  expect(await findAccessibilityFaults(page)).toEqual([]);
  expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  await page.getByRole("button", { name: /selected of 2,000/ }).click();
}

test("another method is chosen and its budget moved: the counts are those of the command", async () => {
  const run = await copyOfDemo();
  await using viewer = await startViewer([run]);
  const { page, trouble } = await openPage(viewer.url);
  await page.getByLabel("Method").selectOption("variance-first");
  await page.getByRole("slider", { name: /^budget/ }).fill("5");
  await expect.poll(() => page.locator(".command").innerText()).toContain("--method variance-first");
  await expect.poll(() => selectedCount(page)).toBe("100");
  const words = (await page.locator(".command").innerText()).split(" ").slice(3);
  await takeScreenshot(page, "viewer-method");
  await runWinnow(["select", run, ...words, "--quiet"]);
  const chosen = (await readDecisions(run)).filter((one) => one.selected === true);
  expect(chosen).toHaveLength(100);
  await expect.poll(() => page.locator(".chips button").first().innerText()).toContain("100");
  expect(trouble).toEqual([]);
});

test("filters, order and search come back with a reload", async () => {
  await using viewer = await startViewer([demo]);
  const { page } = await openPage(viewer.url);
  await page.getByRole("searchbox").fill("color");
  await page.getByRole("button", { name: /^selected/ }).click();
  await page.getByRole("button", { name: "D", exact: true }).click();
  await page.getByLabel("smallest difficulty").fill("0.4");
  await expect.poll(() => page.locator(".row-count").innerText()).toMatch(/^\d+ samples of 2,000/);
  const count = await page.locator(".row-count").innerText();
  await expect.poll(() => page.locator(".table-row .muted").count()).toBe(0);
  const rows = await page.locator(".table-row").allInnerTexts();
  expect(rows.every((row) => /color/i.test(row))).toBe(true);
  await page.reload();
  await expect.poll(() => page.locator(".row-count").innerText()).toBe(count);
  await expect.poll(() => page.locator(".table-row").allInnerTexts()).toEqual(rows);
});

test("a slider's counts are those of the command it shows, and the button writes the same subset", async () => {
  const run = await copyOfDemo();
  await using viewer = await startViewer([run]);
  const { page, trouble } = await openPage(viewer.url);
  expect(await selectedCount(page)).toBe("176");
  await page.getByRole("slider", { name: /^λ_c/ }).fill("0.7");
  await page.getByLabel("guard").check();
  await expect.poll(() => page.locator(".command").innerText()).toContain("--lambda-c 0.7 --guard");
  await expect.poll(() => selectedCount(page)).not.toBe("176");
  const words = (await page.locator(".command").innerText()).split(" ").slice(3);
  expect(await page.locator(".write").innerText()).toContain("Still to run");

  // First by the command, in a copy; then by the button.
  const other = await copyOfDemo();
  const summary = JSON.parse(await runWinnow(["select", other, ...words, "--json", "--quiet"])) as {
    selected: number;
    passedCde: number;
  };
  await page.getByRole("button", { name: "Run that, then write this subset" }).click();
  await page.getByText(/rows written to/).waitFor();
  await expect.poll(() => selectedCount(page)).toBe(String(summary.selected));
  expect(await page.locator(".funnel tbody tr").nth(1).locator("td").first().innerText()).toBe(`${summary.passedCde}`);
  expect(await readDecisions(run)).toEqual(await readDecisions(other));
  await page.reload();
  await expect.poll(() => selectedCount(page)).toBe(String(summary.selected));
  await expect.poll(() => page.locator(".write").innerText()).toContain("Nothing has to be run for it.");
  expect(trouble).toEqual([]);
});

test("a page that was opened while the run goes on follows it to its end, and the run never notices", async () => {
  const run = join(await temporaryFolder(), "figures");
  const running = runWinnow(["run", join(packageRoot(), "examples", "figures"), "--out", run, "--quiet"]);
  await expect.poll(() => existsSync(join(run, "samples.parquet")), { timeout: 60_000 }).toBe(true);
  await using viewer = await startViewer([run]);
  const { page, trouble } = await openPage(viewer.url);
  expect(await page.locator(".state").innerText()).toBe("running");
  expect(await page.locator(".funnel").innerText()).toContain("not decided yet");
  expect(await page.locator(".write").innerText()).toContain("A process holds this run");
  await takeScreenshot(page, "viewer-live");
  await running;
  await expect.poll(() => page.locator(".state").innerText(), { timeout: 60_000 }).toBe("done");
  await expect.poll(() => selectedCount(page), { timeout: 60_000 }).toBe("176");
  expect(await page.locator(".funnel").innerText()).not.toContain("not decided yet");
  expect(await readDecisions(run)).toEqual(await readDecisions(demo));
  expect(trouble).toEqual([]);
});

test("two runs are compared: who is in both, and who in one alone", async () => {
  const robust = await copyOfDemo();
  await runWinnow(["select", robust, "--preset", "robust", "--quiet"]);
  const chosen = async (run: string): Promise<Set<unknown>> =>
    new Set((await readDecisions(run)).filter((one) => one.selected === true).map((one) => one.id));
  const [first, second] = [await chosen(demo), await chosen(robust)];
  const both = [...first].filter((id) => second.has(id)).length;
  await using viewer = await startViewer([demo, robust]);
  const { page, trouble } = await openPage(viewer.url);
  await page.getByRole("link", { name: "compare" }).click();
  await page.locator(".pairs td").first().waitFor();
  expect(await page.locator(".compare .chips button .number").allInnerTexts()).toEqual(
    [first.size - both, second.size - both, both].map(String),
  );
  await expect.poll(() => page.locator(".pairs td").first().innerText()).not.toContain("…");
  await takeScreenshot(page, "viewer-compare");
  expect(await findAccessibilityFaults(page)).toEqual([]);
  expect(trouble).toEqual([]);
});
