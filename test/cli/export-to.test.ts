import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { EXPORT_NAMES } from "../../src/formats/dialects/index.ts";
import { writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { capturePrinted, printed } from "./captured-output.ts";

capturePrinted();

test("a run is exported from the command line, with its recipe, and never over something", async () => {
  const folder = await temporaryFolder();
  const run = join(folder, "run");
  const dataset = await writePlantedDataset(folder, 8);
  const random = ["--method", "random", "--budget", "5", "--prompt", "Think."];
  expect(await main(["run", dataset, "--out", run, ...random, "--quiet"])).toBe(0);
  printed.out = "";
  expect(await main(["export", run, "--to", "ms-swift", "--quiet"])).toBe(0);
  expect(printed.out).toContain("rows       5, 5 images");
  expect(printed.out).toContain("the question and the format prompt");
  expect(printed.out).toContain(`bash ${run}/ms-swift/recipe/launch.sh grpo`);
  expect(await readdir(join(run, "ms-swift"))).toEqual(["export.json", "images", "recipe", "train.jsonl"]);
  expect(await main(["export", run, "--to", "ms-swift", "--quiet"])).toBe(2);
  expect(printed.err).toContain("is there already: remove it, or name another folder with --into");
  printed.out = "";
  const all = ["--which", "all", "--into", join(folder, "all"), "--json", "--quiet"];
  expect(await main(["export", run, "--to", "verl", ...all])).toBe(0);
  expect(JSON.parse(printed.out)).toMatchObject({ to: "verl", which: "all", rows: 8, files: ["train.parquet"] });
});

test("help lists every trainer there is, and flags that have no say are refused", async () => {
  expect(await main(["export", "--help"])).toBe(0);
  for (const name of EXPORT_NAMES) expect(printed.out).toContain(name);
  expect(await main(["export", "run", "--to", "trl", "--model", "x", "--arm", "text"])).toBe(2);
  expect(printed.err).toContain("takes no --model, --arm");
  expect(await main(["export", "run", "--to", "trl", "--which", "some"])).toBe(2);
  expect(printed.err).toContain("expected selected, control, all; found `some`");
  expect(await main(["export", "run", "--requests", "x", "--into", "y"])).toBe(2);
  expect(printed.err).toContain("go with `--to TRAINER`");
});
