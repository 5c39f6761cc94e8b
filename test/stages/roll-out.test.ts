import { join } from "node:path";
import { expect, test } from "vitest";
import { parseConfig } from "../../src/config.ts";
import type { Dataset } from "../../src/formats/format.ts";
import { openDataset } from "../../src/formats/index.ts";
import { runPipeline } from "../../src/pipeline.ts";
import { openPlantedBackend, writePlantedDataset } from "../planted-dataset.ts";
import { readDecisions } from "../read-decisions.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A dataset that counts how often it is read. */
function counted(dataset: Dataset): { readonly dataset: Dataset; readonly reads: () => number } {
  let reads = 0;
  const read: Dataset["read"] = (options) => {
    reads += 1;
    return dataset.read(options);
  };
  const wrapped: Dataset = Object.create(dataset, { read: { value: read } });
  return { dataset: wrapped, reads: () => reads };
}

test("the lazy text arm goes on with each prompt in one pass over the dataset, and takes what waves would", async () => {
  const folder = await temporaryFolder();
  const path = await writePlantedDataset(folder, 120);
  const run = async (name: string, protocol: "lazy" | "full") => {
    await using opened = await openDataset(path, {});
    const { dataset, reads } = counted(opened);
    const { backend, asked } = openPlantedBackend();
    const config = parseConfig({ dataset: path, protocol, prompt: { format: "none" }, allowEmpty: true }, "test");
    await runPipeline(config, join(folder, name), { parts: { dataset, backend, attention: null } });
    return {
      asked: asked.filter((one) => one.includes("/text/")),
      reads: reads(),
      decisions: await readDecisions(join(folder, name)),
    };
  };
  const [lazy, full] = [await run("lazy", "lazy"), await run("full", "full")];
  const gist = ({ decisions }: typeof lazy) => decisions.map(({ id, selected, reason }) => ({ id, selected, reason }));
  expect(gist(lazy)).toEqual(gist(full));
  expect(lazy.asked.length).toBeLessThan(full.asked.length);
  expect(new Set(lazy.asked).size).toBe(lazy.asked.length);
  expect(lazy.reads).toBe(full.reads);

  // Right with the image three times of five: it is asked for one text-only rollout at a time, five if all are wrong.
  const rows = lazy.asked.map((one) => Number(one.split("/")[0]));
  const slow = [...new Set(rows)].find((row) => rows.filter((one) => one === row).length === 5) as number;
  expect(rows.lastIndexOf(slow) - rows.indexOf(slow)).toBe(4);
  expect(rows.lastIndexOf(slow)).toBeLessThan(rows.length - 5);
});
