/// <reference lib="dom" />
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { packageRoot } from "../src/lib/package-root.ts";
import { writeLargeRun } from "./large-run.ts";

const MIB = 1024;

interface ViewerFigures {
  readonly samples: number;
  /** From opening the address to the first rows with their texts, in seconds. */
  readonly firstView: number;
  /** The same to the funnel of the first selection, in seconds. */
  readonly firstSelection: number;
  /** A move of a slider, from the input event to the new funnel on the page, in milliseconds: median and largest. */
  readonly slider: string;
  /** Of which selecting and counting in the worker, in milliseconds. */
  readonly worker: string;
  /** Frames drawn in each second while the table is scrolled from end to end. */
  readonly scrollFrames: number;
  /** Milliseconds until a sample's page, a search, a search in responses is there. */
  readonly sample: number;
  readonly search: number;
  readonly searchResponses: number;
  /** Memory of the page's processes (PSS), in MiB. */
  readonly browserMiB: number;
  /** Resident memory of the server after the first view, and after all of the above, in MiB. */
  readonly serverMiB: string;
}

/** The viewer over made-up runs of these sizes, in the system's Chromium. */
export async function benchmarkViewer(sizes: readonly number[] = [55_000, 100_000]): Promise<ViewerFigures[]> {
  const figures: ViewerFigures[] = [];
  for (const samples of sizes) {
    const folder = await mkdtemp(join(tmpdir(), "winnow-bench-viewer-"));
    try {
      await writeLargeRun(folder, samples);
      figures.push(await measure(folder, samples));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return figures;
}

async function measure(run: string, samples: number): Promise<ViewerFigures> {
  const winnow = join(packageRoot(), "bin", "winnow.js");
  const server = spawn(process.execPath, [winnow, "view", run, "--port", "0", "--json"]);
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  const { url } = JSON.parse(line.toString()) as { url: string };
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const started = performance.now();
    await page.goto(url);
    await page.locator(".table-row .plain-text").nth(10).waitFor();
    const firstView = (performance.now() - started) / 1000;
    await page.locator(".funnel-selected").waitFor();
    const firstSelection = (performance.now() - started) / 1000;
    const serverFirst = await residentMiB(server.pid!);
    const { moves, worker } = await moveSlider(page);
    const scrollFrames = await scroll(page);
    const search = await timeSearch(page, "sum of 4242 ", false);
    const searchResponses = await timeSearch(page, "abcdef", true);
    await page.goto(new URL("/", url).href);
    await page.locator(".table-row .plain-text").nth(10).waitFor();
    const opened = performance.now();
    await page.locator(".table-row a").nth(5).click();
    await page.locator(".rollout").nth(9).waitFor();
    const sample = performance.now() - opened;
    return {
      samples,
      firstView: round(firstView),
      firstSelection: round(firstSelection),
      slider: describe(moves),
      worker: describe(worker),
      scrollFrames,
      sample: Math.round(sample),
      search: Math.round(search),
      searchResponses: Math.round(searchResponses),
      browserMiB: await rendererMiB(),
      serverMiB: `${serverFirst}, then ${await residentMiB(server.pid!)}`,
    };
  } finally {
    await browser.close();
    server.kill("SIGTERM");
    await once(server, "exit");
  }
}

/** Moves λ_c over its range, one step after the other. */
async function moveSlider(page: Page): Promise<{ readonly moves: number[]; readonly worker: number[] }> {
  return page.evaluate(async () => {
    const slider = document.querySelector<HTMLInputElement>('input[type="range"]')!;
    const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")!.set!;
    const text = (): string => `${document.querySelector(".funnel")!.textContent}`;
    const moves: number[] = [];
    const worker: number[] = [];
    for (let value = -0.4; value <= 0.8; value += 0.1) {
      const before = text();
      const started = performance.now();
      setValue.call(slider, String(value));
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      while (text() === before || !text().includes(`D > ${slider.value}`)) await new Promise(requestAnimationFrame);
      moves.push(performance.now() - started);
      worker.push(Number(/in ([\d.]+) ms/.exec(document.body.textContent ?? "")?.[1]));
    }
    return { moves, worker };
  });
}

/** Scrolls the whole table in three seconds; frames drawn in each. */
async function scroll(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const table = document.querySelector(".table")!;
    const length = table.scrollHeight - table.clientHeight;
    const started = performance.now();
    let frames = 0;
    for (;;) {
      const share = (performance.now() - started) / 3000;
      if (share >= 1) return Math.round(frames / 3);
      table.scrollTop = share * length;
      await new Promise(requestAnimationFrame);
      frames += 1;
    }
  });
}

async function timeSearch(page: Page, text: string, responses: boolean): Promise<number> {
  if (responses) await page.getByLabel("responses too").check();
  const count = page.locator(".row-count");
  const before = await count.innerText();
  const started = performance.now();
  await page.getByRole("searchbox").fill(text);
  await page.waitForFunction((old) => document.querySelector(".row-count")?.textContent !== old, before, {
    timeout: 60_000,
  });
  await page.waitForFunction(() => !document.body.textContent?.includes("searching…"), undefined, { timeout: 60_000 });
  const took = performance.now() - started;
  await page.getByRole("searchbox").fill("");
  await page.waitForFunction((old) => document.querySelector(".row-count")?.textContent === old, before);
  return took;
}

async function residentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / MIB);
}

/** Memory of all of Chromium's page processes that this user runs, shared pages counted by their share. */
async function rendererMiB(): Promise<number> {
  let sum = 0;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (!command.includes("--type=renderer")) continue;
    const memory = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
    sum += Number(/^Pss:\s+(\d+)/m.exec(memory)?.[1] ?? 0);
  }
  return Math.round(sum / MIB);
}

function describe(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  return `${Math.round(sorted[Math.floor(sorted.length / 2)]!)}, at most ${Math.round(sorted.at(-1)!)}`;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
