import { expect, test } from "vitest";
import { parseConfig } from "../../src/config.ts";
import { openParts } from "../../src/stages/open-parts.ts";
import { SILENT } from "../../src/stages/progress.ts";
import { runPilot } from "../../src/stages/run-pilot.ts";
import { openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const SAMPLING = { temperature: 1, topP: 1, topK: 0, maxTokens: 64, seed: 3 };
const PLAN = {
  formatPrompt: "",
  counterfactual: "drop",
  sampling: SAMPLING,
  settings: { image: "i", text: "t" },
} as const;

test("a pilot takes both arms of a random few, the same few for a seed, and says how many there are", async () => {
  const dataset = await writePlantedDataset(await temporaryFolder(), 40);
  const { backend, asked } = openPlantedBackend();
  await using parts = await openParts(parseConfig({ dataset }, "test"), { backend, attention: null });
  const options = { size: 6, m: 4, progress: SILENT, now: () => 0 };
  const pilot = await runPilot(parts, PLAN, options);
  expect(pilot.population).toBe(40);
  expect(pilot.samples).toHaveLength(6);
  expect(asked).toHaveLength(6 * 2 * 4);
  for (const { arms } of pilot.samples) expect([arms.image.length, arms.text.length]).toEqual([4, 4]);
  const again = await runPilot(parts, PLAN, options);
  expect(again.samples).toEqual(pilot.samples);
  const other = await runPilot(parts, { ...PLAN, sampling: { ...SAMPLING, seed: 4 } }, options);
  expect(other.samples.map((sample) => sample.sampleId)).not.toEqual(pilot.samples.map((sample) => sample.sampleId));
});
