import { join } from "node:path";
import { type ConfigInput, parseConfig } from "../../src/config.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { openPlantedAttention, openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";

/** A finished run of planted rows in `folder`, with a control; the dataset is JSON lines unless another is named. */
export async function finishRun(folder: string, input: Partial<ConfigInput> = {}): Promise<string> {
  const dataset = input.dataset ?? (await writePlantedDataset(join(folder, "data"), 36));
  const directory = join(folder, "run");
  const config = parseConfig({ prompt: { format: "none" }, control: true, ...input, dataset }, "test");
  const parts = { backend: openPlantedBackend().backend, attention: openPlantedAttention().attention };
  await runPipeline(config, directory, { parts });
  return directory;
}
