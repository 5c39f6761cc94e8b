import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { openScriptedBackend } from "../../src/backends/index.ts";
import { parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { HOSTILE } from "../report/hostile-text.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { listenForTrouble, openBrowser, takeScreenshot, WIDTHS } from "./browser.ts";
import { startViewer } from "./serve-run.ts";

/** A run whose every text a dataset or a model can choose is hostile, and one image is gone by now. */
async function makeHostileRun(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "images"));
  const texts = [...HOSTILE, `${HOSTILE.join(" ")} ${"x".repeat(1_000_000)}`].map((text) => text.toWellFormed());
  const lines: string[] = [];
  for (const [row, text] of texts.entries()) {
    const background = { r: 20 * row, g: 90, b: 160 };
    const image = await sharp({ create: { width: 40, height: 30, channels: 3, background } })
      .png()
      .toBuffer();
    await writeFile(join(folder, "images", `${row}.png`), image);
    lines.push(
      JSON.stringify({
        id: text.slice(0, 200),
        question: `<image>${text}`,
        answer: row % 2 === 0 ? "7" : text,
        images: [`images/${row}.png`],
      }),
    );
  }
  const dataset = join(folder, "<img src=x onerror=window.hacked=1>.jsonl");
  await writeFile(dataset, `${lines.join("\n")}\n`);
  const backend = openScriptedBackend({ respond: (_, index) => `${texts[index]} \\boxed{${HOSTILE[index]}}` });
  const run = join(folder, "<b onclick=window.hacked=1>run");
  const config = parseConfig({ dataset, attention: "none", protocol: "full", allowEmpty: true }, "test");
  await runPipeline(config, run, { parts: { backend, attention: null } });
  const first = join(folder, "images", "0.png");
  await writeFile(first, (await readFile(first)).subarray(0, 40));
  return run;
}

test("nothing that a dataset or a model says runs, breaks the page or leaves it", async () => {
  const run = await makeHostileRun();
  await using viewer = await startViewer([run, run]);
  const browser = await openBrowser();
  onTestFinished(() => browser.close());
  for (const [name, viewport] of Object.entries(WIDTHS)) {
    const page = await browser.newPage({ viewport });
    const trouble = listenForTrouble(page);
    const foreign: string[] = [];
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== new URL(viewer.url).origin) foreign.push(request.url());
    });
    await page.goto(viewer.url);
    const rows = page.locator(".table-row");
    await expect.poll(() => rows.count()).toBe(HOSTILE.length + 1);
    await expect.poll(() => rows.first().innerText()).toContain("<script>window.hacked = 1</script>");
    await takeScreenshot(page, `viewer-hostile-table-${name}`);
    const links = await page.locator(".table-row a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    for (const link of links) {
      await page.goto(new URL(link ?? "", viewer.url).href);
      await page.locator(".decision").waitFor();
      expect(await page.locator("script, iframe, object, embed, svg[onload], [onerror], [onclick]").count()).toBe(1);
    }
    await page.goto(new URL(links[0] ?? "", viewer.url).href);
    await page.getByText("This image cannot be shown here.").waitFor();
    await takeScreenshot(page, `viewer-hostile-sample-${name}`);
    expect(await page.locator(".rollout").count()).toBe(10);
    expect(await page.locator(".arm-image .response").first().innerText()).toContain(
      "<script>window.hacked = 1</script>",
    );
    await page.goto(new URL("/compare", viewer.url).href);
    await page.getByText("Who is selected").waitFor();
    expect(await page.evaluate(() => "hacked" in globalThis)).toBe(false);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expect(foreign).toEqual([]);
    expect(trouble.filter((text) => !text.includes("422"))).toEqual([]);
  }
});
