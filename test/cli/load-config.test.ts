import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/cli/load-config.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("anything that is no configuration is a dataset, and the run goes to a folder named after it", async () => {
  const { config, directory } = await loadConfig("data/My set.parquet", {});
  expect([config.dataset, directory]).toEqual(["data/My set.parquet", "runs/My-set"]);
});

test("flags stand above the file, and paths in the file are relative to it", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "c.yaml"), "dataset: d.parquet\nsampling: { rollouts: 8, topK: 3 }\nout: here\n");
  const { config, directory } = await loadConfig(join(folder, "c.yaml"), { rollouts: "4", "lambda-a": "q90" });
  expect(config.dataset).toBe(join(folder, "d.parquet"));
  expect(directory).toBe(join(folder, "here"));
  expect(config.sampling).toMatchObject({ rollouts: 4, topK: 3 });
  expect(config.selection.lambdaA).toBe("q90");
});

test("a JSON file of rows is a dataset, one with the key dataset a configuration", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "rows.json"), '[{"question": "a"}]');
  await writeFile(join(folder, "config.json"), '{"dataset": "rows.json"}');
  expect((await loadConfig(join(folder, "rows.json"), {})).config.dataset).toBe(join(folder, "rows.json"));
  expect((await loadConfig(join(folder, "config.json"), {})).config.dataset).toBe(join(folder, "rows.json"));
});

test("a configuration that is not YAML, or not an object, is a usage error naming the file", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "c.yaml"), "dataset: [");
  await expect(loadConfig(join(folder, "c.yaml"), {})).rejects.toThrow("c.yaml is not YAML");
  await writeFile(join(folder, "d.yaml"), "- a\n");
  await expect(loadConfig(join(folder, "d.yaml"), {})).rejects.toThrow("found a list");
});

test("a run directory stands for the configuration it was run with; new selection flags start from their preset", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "run"));
  const before = { dataset: "d", sampling: { rollouts: 3 }, selection: { preset: "robust", lambdaC: 0.9 } };
  await writeFile(join(folder, "run", "run.json"), JSON.stringify({ version: 1, config: before }));
  const same = await loadConfig(join(folder, "run"), {});
  expect(same.directory).toBe(join(folder, "run"));
  expect(same.config.selection).toMatchObject({ preset: "robust", lambdaC: 0.9 });
  const changed = await loadConfig(join(folder, "run"), { budget: "10%" });
  expect(changed.config.selection).toEqual({ method: "rap", without: [], preset: "paper", budget: "10%" });
  expect(changed.config.sampling.rollouts).toBe(3);
});

test("an hf:// address is no path, and its run goes to a folder named after owner and name", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "c.yaml"), "dataset: hf://datasets/team/shapes.v2@main\nhf: { split: train }\n");
  const { config, directory } = await loadConfig(join(folder, "c.yaml"), { "hf-config": "easy" });
  expect(config).toMatchObject({
    dataset: "hf://datasets/team/shapes.v2@main",
    hf: { split: "train", config: "easy" },
  });
  expect(directory).toBe("runs/team-shapes.v2");
});
