import { join } from "node:path";
import type { Hono } from "hono";
import { onTestFinished } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { newViewer } from "../../src/view/new-viewer.ts";
import { RunView } from "../../src/view/run-view.ts";
import { openPlantedAttention, openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A finished run of a scripted model over a planted dataset. */
export async function makePlantedRun(rows: number, config: object = {}): Promise<string> {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, rows);
  const run = join(folder, "run");
  const { backend } = openPlantedBackend();
  const { attention } = openPlantedAttention();
  await runPipeline(parseConfig({ dataset, ...config }, "test"), run, { parts: { backend, attention } });
  return run;
}

/** A run on view, closed when the test ends. */
export async function openRunView(directory: string): Promise<RunView> {
  const view = await RunView.open(directory);
  onTestFinished(() => view[Symbol.asyncDispose]());
  return view;
}

/** The viewer's server as a function, its cookie, and a request that it takes. */
export async function openPlantedViewer(
  directory: string,
): Promise<{ readonly app: Hono; readonly ask: (path: string, init?: RequestInit) => Promise<Response> }> {
  const app = newViewer({
    runs: [await openRunView(directory)],
    assets: "viewer",
    token: "secret",
    port: () => 7300,
    select: async () => ({ selected: 0, rows: 0, files: [] }),
  });
  const ask = async (path: string, init: RequestInit = {}): Promise<Response> =>
    app.request(`http://127.0.0.1:7300${path}`, {
      ...init,
      headers: { host: "127.0.0.1:7300", cookie: "winnow_7300=secret", ...(init.headers as Record<string, string>) },
    });
  return { app, ask };
}
