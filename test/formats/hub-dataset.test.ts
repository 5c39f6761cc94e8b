import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Dataset, ReadItem } from "../../src/formats/format.ts";
import { type DatasetOptions, openDataset } from "../../src/formats/index.ts";
import { type HubServer, startHub } from "../hub/hub-server.ts";
import { writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";

/** A hub that the environment names, with an empty cache. */
async function useHub(): Promise<HubServer> {
  const hub = await startHub();
  const cache = await temporaryFolder();
  for (const [name, value] of Object.entries({ HF_ENDPOINT: hub.endpoint, HF_HOME: cache, HF_HUB_CACHE: cache }))
    vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await hub.close();
  });
  return hub;
}

async function readAll(dataset: Dataset): Promise<ReadItem[]> {
  const items: ReadItem[] = [];
  for await (const item of dataset.read()) items.push(item);
  return items;
}

async function open(address: string, options: DatasetOptions = {}): Promise<Dataset> {
  return await openDataset(address, options);
}

test("JSON lines with images by path read from the hub as from a folder, and are written back the same", async () => {
  const hub = await useHub();
  const folder = await temporaryFolder();
  const local = await writePlantedDataset(folder, 4);
  const lines = await readFile(local, "utf8");
  const images = await Promise.all([0, 1, 2, 3].map((row) => readFile(join(folder, "images", `${row}.png`))));
  const named = Object.fromEntries(images.map((image, row) => [`data/images/${row}.png`, image]));
  hub.put("team/planted", { "data/train.jsonl": lines, ...named, "other/huge.png": Buffer.alloc(5000) });
  await using dataset = await open("hf://datasets/team/planted");
  expect(dataset.origin).toMatchObject({ repo: "team/planted", split: "train" });
  const samples = (await readAll(dataset)).map((item) => (item.type === "sample" ? item.sample : item));
  await using same = await open(local);
  const expected = (await readAll(same)).map((item) => (item.type === "sample" ? item.sample.id : item));
  expect(samples.map((sample) => ("id" in sample ? sample.id : sample))).toEqual(expected);

  const target = await temporaryFolder();
  const written = await dataset.writeSubset(new Map([["data/train.jsonl", new Set([1, 3])]]), target);
  expect([...written.files].sort()).toEqual(["data/images/1.png", "data/images/3.png", "data/train.jsonl"]);
  expect(await readFile(join(target, "data", "train.jsonl"), "utf8")).toBe(
    `${lines.split("\n")[1]}\n${lines.split("\n")[3]}\n`,
  );
  expect(await readFile(join(target, "data", "images", "3.png"))).toEqual(images[3]);
});

test("images that Parquet rows name by path are brought when they are read", async () => {
  const hub = await useHub();
  const folder = await temporaryFolder();
  await writePlantedDataset(folder, 2);
  const { openDatabase, sqlText } = await import("../../src/runs/database.ts");
  using database = await openDatabase(join(folder, "spill"));
  const file = join(folder, "train.parquet");
  await database.run(`COPY (SELECT * FROM ${sqlText(join(folder, "planted.jsonl"))}) TO ${sqlText(file)}`);
  const image = (row: number) => readFile(join(folder, "images", `${row}.png`));
  hub.put("team/planted", {
    "train.parquet": await readFile(file),
    "images/0.png": await image(0),
    "images/1.png": await image(1),
    "images/2.png": "never asked for",
  });
  await using dataset = await open("hf://datasets/team/planted");
  expect((await readAll(dataset)).map(({ type }) => type)).toEqual(["sample", "sample"]);
  expect(hub.seen.filter(({ url }) => url.includes("2.png"))).toEqual([]);
});

test("a row cannot reach out of the cache, nor into another dataset in it", async () => {
  const hub = await useHub();
  const folder = await temporaryFolder();
  await writePlantedDataset(folder, 1);
  const image = await readFile(join(folder, "images", "0.png"));
  const commit = hub.put("team/other", { "train.jsonl": '{"a": 1}\n', "images/0.png": image });
  const row = (path: string) => `${JSON.stringify({ question: "What is 1?", answer: "1", images: [path] })}\n`;
  const outside = `../../../datasets--team--other/snapshots/${commit}/images/0.png`;
  hub.put("team/planted", { "train.jsonl": row(outside) + row("/etc/hostname") + row("../../refs/main") });
  await open("hf://datasets/team/other/images/0.png", { format: "json" }).catch(() => undefined);
  await using dataset = await open("hf://datasets/team/planted");
  expect((await readAll(dataset)).map((item) => (item.type === "rejected" ? item.rejected.code : item.type))).toEqual([
    "path-outside-dataset",
    "path-outside-dataset",
    "path-outside-dataset",
  ]);
});

test("the fingerprint goes by what the files hold, whatever the commit and the cache", async () => {
  const hub = await useHub();
  const rows = '{"question": "What is 1?", "answer": "1", "images": []}\n';
  hub.put("team/planted", { "train.jsonl": rows });
  const first = await open("hf://datasets/team/planted");
  vi.stubEnv("HF_HUB_CACHE", await temporaryFolder());
  hub.put("team/planted", { "train.jsonl": rows, LICENSE: "MIT" });
  const second = await open("hf://datasets/team/planted");
  expect(second.fingerprint).toBe(first.fingerprint);
  expect(second.origin?.commit).not.toBe(first.origin?.commit);
  hub.put("team/planted", { "train.jsonl": rows.replaceAll("1", "2") });
  expect((await open("hf://datasets/team/planted")).fingerprint).not.toBe(first.fingerprint);
});

test("a split of a dataset on this machine is named by a glob", async () => {
  const local = await writePlantedDataset(await temporaryFolder(), 1);
  await expect(open(local, { hf: { split: "train" } })).rejects.toThrow(
    "--split and --hf-config are for hf:// datasets",
  );
});

test("an image folder on the hub is read by its metadata, split by split", async () => {
  const hub = await useHub();
  const folder = await temporaryFolder();
  await writePlantedDataset(folder, 2);
  const image = (row: number) => readFile(join(folder, "images", `${row}.png`));
  const metadata = (row: number) => `file_name,question,answer\n${row}.png,What is ${row}?,${row}\n`;
  hub.put("team/folder", {
    "train/metadata.csv": metadata(0),
    "train/0.png": await image(0),
    "test/metadata.csv": metadata(1),
    "test/1.png": await image(1),
  });
  await expect(open("hf://datasets/team/folder")).rejects.toThrow(
    "it has the splits train, test: name one with --split.",
  );
  await using dataset = await open("hf://datasets/team/folder", { hf: { split: "test" } });
  expect(dataset.format).toBe("imagefolder");
  expect((await readAll(dataset)).map((item) => item.type === "sample" && item.sample.groundTruth)).toEqual(["1"]);
});
