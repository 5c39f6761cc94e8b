import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../src/cli/main.ts";
import { readManifest } from "../../src/runs/manifest.ts";
import { writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { capturePrinted, printed } from "./captured-output.ts";

capturePrinted();

/** Rewards as the official RAP code logs them: right with the image for even rows, never without. */
async function writeRewards(folder: string): Promise<void> {
  for (const [name, right] of [
    ["image.json", 1],
    ["txt.json", 0.1],
  ] as const) {
    const records = Array.from({ length: 8 * 5 }, (_, at) => {
      const row = Math.floor(at / 5);
      return { onlyid: `r${row}`, reward: row % 2 === 0 ? right : 0 };
    });
    await writeFile(join(folder, name), JSON.stringify(records));
  }
}

test("logs become a run from the command line, one arm after the other, and select from it", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 8);
  await writeRewards(folder);
  const run = join(folder, "run");
  const rule = ["--correct-iff", "reward >= 1"];
  expect(await main(["import", dataset, join(folder, "image.json"), "--out", run, ...rule, "--quiet"])).toBe(0);
  expect(printed.out).toContain("rap: 40 responses, 40 with the image and 0 without imported");
  expect(printed.out).toContain("right iff reward >= 1");
  expect(await main(["import", run, join(folder, "txt.json"), "--quiet"])).toBe(0);
  printed.out = "";
  expect(await main(["select", run, "--replace", "0", "--quiet", "--json"])).toBe(0);
  expect(JSON.parse(printed.out)).toMatchObject({ samples: 8, selected: 4, model: "imported" });
  // Nothing new: the run stays finished.
  expect(await main(["import", run, join(folder, "txt.json"), "--quiet"])).toBe(0);
  expect((await readManifest(run))?.state).toBe("done");
  printed.out = "";
  expect(await main(["compare", run, run, "--json"])).toBe(0);
  expect(JSON.parse(printed.out)).toMatchObject({ common: 8, both: 4, onlyA: 0, onlyB: 0, jaccard: 1, differing: [] });
});

test("requests are written from the command line, and the run remembers what they ask for", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 3);
  const [run, file] = [join(folder, "run"), join(folder, "requests.jsonl")];
  const named = ["--requests", file, "--out", run, "--quiet"];
  expect(await main(["export", dataset, ...named, "--model", "m", "--rollouts", "2", "--temperature", "0.7"])).toBe(0);
  expect(printed.out).toContain("3 with the image (6 rollouts), 3 without (6)");
  const [first] = (await readFile(file, "utf8")).split("\n");
  expect(JSON.parse(first as string).body).toMatchObject({ model: "m", n: 2, temperature: 0.7 });
  const manifest = await readManifest(run);
  expect(manifest?.config).toMatchObject({ model: "m", prompt: { format: "think-boxed" }, sampling: { rollouts: 2 } });
});

test.each([
  [["export", "DATA"], "or `--requests FILE`"],
  [["export", "DATA", "--requests", "x.jsonl"], "needs `--model NAME`"],
  [["export", "DATA", "--requests", "x.jsonl", "--model", "m", "--for", "me"], "expected vllm or openai"],
  [["import", "DATA", "LOG"], "add --arm image or --arm text"],
  [["import", "DATA", "LOG", "--arm", "both"], "expected image or text"],
  [["import", "DATA", "LOG", "--arm", "text", "--layout", "csv"], "expected one of openai-batch"],
  [["import", "DATA", "LOG", "--arm", "text", "--correct-iff", "process.exit()"], "such as 'reward >= 1'"],
  [["compare", "a", "b", "--limit", "few"], "expected a whole number"],
])("wrong usage %j exits with 2 and says what is wanted", async (argv, message) => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 2);
  const log = join(folder, "log.jsonl");
  await writeFile(log, `${JSON.stringify({ id: "r0", response: "0" })}\n`);
  const words = argv.map((word) => ({ DATA: dataset, LOG: log })[word] ?? word);
  const more = argv[0] === "compare" ? [] : ["--out", join(folder, "run"), "--quiet"];
  expect(await main([...words, ...more])).toBe(2);
  expect(printed.err).toContain(message);
});
