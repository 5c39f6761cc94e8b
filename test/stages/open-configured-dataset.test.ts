import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { describeMethod } from "../../src/report/describe-method.ts";
import { summariseRun } from "../../src/report/summarise-run.ts";
import { SILENT } from "../../src/stages/progress.ts";
import { startHub } from "../hub/hub-server.ts";
import { openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";

async function publish(rows: number): Promise<Record<string, string | Buffer>> {
  const folder = await temporaryFolder();
  const local = await writePlantedDataset(folder, rows);
  const images = [...Array(rows).keys()].map((row) => `images/${row}.png`);
  const files = await Promise.all(images.map(async (name) => [name, await readFile(join(folder, name))] as const));
  return {
    ...Object.fromEntries(files),
    "train.jsonl": await readFile(local, "utf8"),
    "README.md": "---\nlicense: mit\n---\n",
  };
}

test("a run stays at the commit it was begun with, says which, and a resumed one asks the hub for nothing", async () => {
  const hub = await startHub();
  const cache = await temporaryFolder();
  for (const [name, value] of Object.entries({ HF_ENDPOINT: hub.endpoint, HF_HOME: cache, HF_HUB_CACHE: cache }))
    vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await hub.close();
  });
  const files = await publish(12);
  const commit = hub.put("team/planted", files);
  const directory = await temporaryFolder();
  const config = parseConfig({ dataset: "hf://datasets/team/planted@main", prompt: { format: "none" } }, "test");
  const begun: (readonly [string, number])[] = [];
  const progress = { ...SILENT, begin: (stage: string, total: number) => void begun.push([stage, total]) };
  const options = { parts: { backend: openPlantedBackend().backend, attention: null } };
  const manifest = await runPipeline(config, directory, { ...options, progress });
  const address = `hf://datasets/team/planted@${commit}`;
  const asked = "hf://datasets/team/planted@main";
  expect(manifest.config.dataset).toBe(address);
  expect(manifest.dataset).toMatchObject({
    path: address,
    hub: { asked, address, repo: "team/planted", commit, split: "train", license: { ids: ["mit"] } },
  });
  const bytes = Object.entries(files).filter(([name]) => name !== "README.md");
  expect(begun[0]).toEqual(["download", bytes.reduce((sum, [, content]) => sum + content.length, 0)]);
  expect(describeMethod(await summariseRun(directory))).toContain(`samples of team/planted@${commit.slice(0, 12)},`);

  hub.put("team/planted", { ...files, "train.jsonl": "" });
  const before = hub.seen.length;
  const notes: string[] = [];
  const noting = { ...SILENT, note: (text: string) => void notes.push(text) };
  const again = await runPipeline(config, directory, { ...options, progress: noting });
  expect(notes[0]).toBe(`The run goes on at the commit that it was begun with: ${address}`);
  const byRun = await runPipeline(again.config, directory, options);
  expect([again.dataset, byRun.dataset]).toEqual([manifest.dataset, manifest.dataset]);
  expect(hub.seen.length).toBe(before);
});
