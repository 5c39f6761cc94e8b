import { join } from "node:path";
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { openRunDirectory } from "../../src/runs/run-directory.ts";
import { openParts } from "../../src/stages/open-parts.ts";
import { SILENT } from "../../src/stages/progress.ts";
import { runPilot } from "../../src/stages/run-pilot.ts";
import { nameSettings } from "../../src/stages/settings.ts";
import { openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { readDecisions } from "../read-decisions.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const SAMPLING = { temperature: 1, topP: 1, topK: 0, maxTokens: 64, seed: 3 };
const PLAN = {
  formatPrompt: "",
  counterfactual: "drop",
  sampling: SAMPLING,
  settings: { image: "i", text: "t" },
} as const;

test("a pilot takes both arms of a random few, the same few for a seed, and says how many there are", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 40);
  const { backend, asked } = openPlantedBackend();
  await using parts = await openParts(parseConfig({ dataset }, "test"), { backend, attention: null });
  await using run = await openRunDirectory(join(folder, "run"), 0);
  const options = { run, size: 6, m: 4, progress: SILENT, now: () => 0 };
  const pilot = await runPilot(parts, PLAN, options);
  expect(pilot.population).toBe(40);
  expect(pilot.samples).toHaveLength(6);
  expect(asked).toHaveLength(6 * 2 * 4);
  for (const { arms } of pilot.samples) expect([arms.image.length, arms.text.length]).toEqual([4, 4]);
  const again = await runPilot(parts, PLAN, options);
  expect(again.samples).toEqual(pilot.samples);
  expect(asked).toHaveLength(6 * 2 * 4);
  const other = await runPilot(parts, { ...PLAN, sampling: { ...SAMPLING, seed: 4 } }, options);
  expect(other.samples.map((sample) => sample.sampleId)).not.toEqual(pilot.samples.map((sample) => sample.sampleId));
});

test("the run after a pilot takes none of its rollouts again, and decides as without it", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 40);
  const config = parseConfig(
    { dataset, prompt: { format: "none" }, sampling: { rollouts: 4 }, allowEmpty: true },
    "test",
  );
  const { backend, asked } = openPlantedBackend();
  {
    await using parts = await openParts(config, { backend, attention: null });
    await using run = await openRunDirectory(join(folder, "run"), 0);
    const sampling = { ...config.sampling, maxTokens: parts.maxTokens };
    const resolved = { model: backend.model.fingerprint, formatPrompt: "", maxTokens: parts.maxTokens };
    const settings = nameSettings(config, resolved, parts.dataset.fingerprint);
    const plan = { formatPrompt: "", counterfactual: "drop", sampling, settings } as const;
    await runPilot(parts, plan, { run, size: 6, m: 4, progress: SILENT, now: () => 0 });
  }
  expect(asked).toHaveLength(6 * 2 * 4);
  await runPipeline(config, join(folder, "run"), { parts: { backend, attention: null } });
  expect(new Set(asked).size).toBe(asked.length);
  const alone = openPlantedBackend();
  await runPipeline(config, join(folder, "alone"), { parts: { backend: alone.backend, attention: null } });
  const selected = async (name: string): Promise<unknown[]> =>
    (await readDecisions(join(folder, name))).filter((one) => one.selected).map((one) => one.id);
  expect(await selected("run")).toEqual(await selected("alone"));
});
