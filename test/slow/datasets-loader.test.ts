import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../src/formats/index.ts";
import { png } from "../formats/pictures.ts";
import { archive } from "../formats/tar/archive.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const PYTHON = resolve("reproduction", ".venv", "bin", "python");

/** Loads a folder with Hugging Face `datasets` and prints each row: its answer and the size of its decoded picture. */
const LOAD = `
import json, sys
from datasets import load_dataset
module, folder, cache = sys.argv[1:]
options = {"data_files": folder + "/*.tar"} if module == "webdataset" else {"data_dir": folder}
rows = load_dataset(module, split="train", cache_dir=cache, **options)
print(json.dumps([[row["json"]["answer"] if "json" in row else row["answer"], *(row.get("image") or row["png"]).size] for row in rows]))
`;

async function load(module: string, folder: string): Promise<unknown> {
  const cache = await temporaryFolder();
  const run = spawnSync(PYTHON, ["-c", LOAD, module, folder, cache], {
    encoding: "utf8",
    env: { ...process.env, HF_HUB_OFFLINE: "1", HF_HOME: cache },
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return JSON.parse(run.stdout);
}

const ROWS = [0, 1, 2, 3].map((row) => ({ name: `p${row}.png`, answer: `a${row}`, bytes: png({ width: 10 + row }) }));
const EXPECTED = [
  ["a1", 11, 3],
  ["a3", 13, 3],
];

test.for([
  [
    "metadata.jsonl",
    ROWS.map(({ name, answer }) => JSON.stringify({ file_name: name, question: "q", answer })).join("\n"),
  ],
  ["metadata.csv", `file_name,question,answer\n${ROWS.map(({ name, answer }) => `${name},q,${answer}`).join("\n")}\n`],
])(
  "a subset of an image folder with %s is one to Hugging Face's own loader",
  async ([metadata = "", text = ""], { skip }) => {
    const folder = join(await temporaryFolder(), "set");
    await mkdir(folder);
    await writeFile(join(folder, metadata), text);
    for (const { name, bytes } of ROWS) await writeFile(join(folder, name), bytes);
    await using dataset = await openDataset(folder);
    const out = join(await temporaryFolder(), "out");
    await dataset.writeSubset(new Map([[metadata, new Set([1, 3])]]), out);
    if (!existsSync(PYTHON)) return skip(`${PYTHON} is not there`);
    expect(await load("imagefolder", out)).toEqual(EXPECTED);
  },
);

test("a subset of a WebDataset is one to Hugging Face's own loader", async ({ skip }) => {
  const folder = await temporaryFolder();
  const members = ROWS.flatMap(({ name, answer, bytes }) => [
    { name, content: bytes },
    { name: name.replace("png", "json"), content: JSON.stringify({ question: "q", answer }) },
  ]);
  await writeFile(join(folder, "train-000000.tar"), archive(...members));
  await using dataset = await openDataset(folder);
  const out = join(await temporaryFolder(), "out");
  await dataset.writeSubset(new Map([["train-000000.tar", new Set([1, 3])]]), out);
  if (!existsSync(PYTHON)) return skip(`${PYTHON} is not there`);
  expect(await load("webdataset", out)).toEqual(EXPECTED);
});
