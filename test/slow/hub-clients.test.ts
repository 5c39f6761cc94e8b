import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { openDataset } from "../../src/formats/index.ts";
import { groupBySplit } from "../../src/hub/split-names.ts";
import { openDatabase, sqlText } from "../../src/runs/database.ts";
import { finishRun } from "../hub/finished-run.ts";
import { type HubServer, startHub } from "../hub/hub-server.ts";
import { writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const PYTHON = "reproduction/.venv/bin/python";
const withDatasets = existsSync(PYTHON) ? test : test.skip;
if (!existsSync(PYTHON)) console.log(`No ${PYTHON}: Hugging Face's own tools are not asked here.`);

interface UsedHub {
  readonly hub: HubServer;
  readonly cache: string;
  /** Asks Hugging Face's own tools, with a cache of theirs unless another is given. */
  ask(words: readonly string[], environment?: Record<string, string>): Promise<unknown>;
}

async function useHub(): Promise<UsedHub> {
  const hub = await startHub();
  const [cache, theirs] = [await temporaryFolder(), await temporaryFolder()];
  const settings = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, HF_HOME: cache, HF_TOKEN: hub.token };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await hub.close();
  });
  const ask = async (words: readonly string[], environment: Record<string, string> = {}): Promise<unknown> => {
    const own = { HF_HOME: theirs, HF_HUB_CACHE: join(theirs, "hub"), HF_DATASETS_CACHE: join(theirs, "datasets") };
    const env = { ...process.env, ...own, HF_HUB_DISABLE_XET: "1", HF_HUB_DISABLE_TELEMETRY: "1", ...environment };
    const { stdout } = await promisify(execFile)(PYTHON, ["test/slow/hub-clients.py", ...words], { env });
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  };
  return { hub, cache, ask };
}

interface Loaded {
  readonly rows: number;
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
  readonly sizes: readonly (readonly number[])[] | null;
}

/** The planted dataset as Parquet with its images in it, as Hugging Face `datasets` lays it out. */
async function writeParquet(folder: string): Promise<string> {
  const lines = await writePlantedDataset(folder, 36);
  const features = {
    id: { dtype: "string", _type: "Value" },
    question: { dtype: "string", _type: "Value" },
    answer: { dtype: "string", _type: "Value" },
    images: { feature: { _type: "Image" }, _type: "List" },
  };
  const file = join(folder, "parquet", "odd[1] name.parquet");
  await mkdir(dirname(file), { recursive: true });
  using database = await openDatabase(join(folder, "spill"));
  await database.run(
    `COPY (SELECT r.id, question, answer, [struct_pack(bytes := content, path := r.images[1])] AS images
      FROM ${sqlText(lines)} r JOIN read_blob(${sqlText(join(folder, "images", "*.png"))}) b
        ON b.filename LIKE '%/' || r.images[1] ORDER BY answer::INTEGER)
     TO ${sqlText(file)} (FORMAT parquet, KV_METADATA {huggingface: ${sqlText(JSON.stringify({ info: { features } }))}})`,
  );
  return file;
}

/** The planted dataset as TSV, or as an image folder with its metadata in CSV. */
async function writeText(folder: string, kind: "tsv" | "imagefolder"): Promise<string> {
  const lines = (await readFile(await writePlantedDataset(folder, 36), "utf8")).trim().split("\n");
  const rows = lines.map(
    (line) => JSON.parse(line) as { id: string; question: string; answer: string; images: string[] },
  );
  const [mark, image, name] = kind === "tsv" ? ["\t", "image", "rows.tsv"] : [",", "file_name", "metadata.csv"];
  const table = rows.map(({ id, question, answer, images }) => [id, question, answer, images[0]].join(mark));
  await writeFile(join(folder, name), `${[["id", "question", "answer", image].join(mark), ...table].join("\n")}\n`);
  await rm(join(folder, "planted.jsonl"));
  return kind === "tsv" ? join(folder, name) : folder;
}

const SOURCES: Readonly<Record<string, (folder: string) => Promise<string>>> = {
  jsonl: (folder) => writePlantedDataset(folder, 36),
  parquet: writeParquet,
  tsv: (folder) => writeText(folder, "tsv"),
  imagefolder: (folder) => writeText(folder, "imagefolder"),
};

withDatasets.each(Object.keys(SOURCES))("load_dataset gives what was pushed of %s rows", async (kind) => {
  const { hub, ask } = await useHub();
  const folder = await temporaryFolder();
  const dataset = await (SOURCES[kind] as (folder: string) => Promise<string>)(join(folder, "data"));
  const run = await finishRun(folder, { dataset });
  expect(await main(["push", run, "team/winnowed", "--quiet"])).toBe(0);
  const { subset, control } = JSON.parse(await readFile(join(run, "run.json"), "utf8"));

  const chosen = (await ask(["load", "team/winnowed", "default", "train"])) as Loaded;
  const drawn = (await ask(["load", "team/winnowed", "control", "train"])) as Loaded;
  const loading =
    kind === "imagefolder"
      ? ["load_file", "team/winnowed", "scores.parquet"]
      : ["load", "team/winnowed", "scores", "train"];
  const scores = (await ask(loading)) as Loaded;
  expect([chosen.rows, drawn.rows, scores.rows]).toEqual([subset.rows, control.rows, 36]);
  using database = await openDatabase(join(folder, "spill"));
  const own: unknown[] = [];
  const table = sqlText(join(run, "scores.parquet"));
  for await (const { row_id } of database.rows(`SELECT row_id FROM ${table} WHERE selected ORDER BY row`))
    own.push(row_id);
  // An image folder's rows come in the order of its images' names.
  expect([...(chosen.columns.id ?? [])].sort()).toEqual([...own].sort());
  expect(scores.columns.selected?.filter((one) => one === true).length).toBe(own.length);
  // Planted images have 6 × 4 pixels; rows of text name files.
  const hasImages = kind === "parquet" || kind === "imagefolder";
  expect(chosen.sizes).toEqual(hasImages ? own.map(() => [6, 4]) : null);

  const files = hub.repos.get("team/winnowed")?.commits.get(hub.repos.get("team/winnowed")?.refs.get("main") ?? "");
  expect(await ask(["snapshot", "team/winnowed"])).toEqual(
    Object.fromEntries([...(files ?? [])].map(([path, content]) => [path, content.length])),
  );
});

withDatasets("Hugging Face's tools find in the cache what Winnow downloaded, and Winnow what they did", async () => {
  const { hub, cache, ask } = await useHub();
  const rows = `${JSON.stringify({ question: "What is 1?", answer: "1", images: [] })}\n`;
  const commit = hub.put("team/mine", { "train.jsonl": rows });
  await openDataset("hf://datasets/team/mine");
  const found = await ask(["cached", "team/mine", "train.jsonl", "main"], { HF_HUB_CACHE: cache });
  expect(found).toBe(join(cache, "datasets--team--mine", "snapshots", commit, "train.jsonl"));

  hub.put("team/theirs", { "train.jsonl": rows.repeat(40) });
  await ask(["snapshot", "team/theirs"], { HF_HUB_CACHE: cache });
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  const before = hub.seen.length;
  await using dataset = await openDataset("hf://datasets/team/theirs");
  expect(dataset.rows).toBe(40);
  expect(hub.seen.length).toBe(before);
});

withDatasets("files belong to the splits that load_dataset finds by their names", async () => {
  const { ask } = await useHub();
  const root = await temporaryFolder();
  const parts = ["data", "train", "my-test", "dev_2", "validation.old", "x", "training", "evaluate", "__pycache__"];
  const names = ["train.jsonl", "a_test.jsonl", "val-1.jsonl", "contrain.jsonl", "dev", "test-00000-of-00002.jsonl"];
  const layouts = [...Array(60).keys()].map((seed) =>
    [...Array(1 + (seed % 4)).keys()].map((file) => {
      const at = seed * 7 + file * 5;
      const folder = (seed + file) % 3 === 0 ? "" : `${parts[at % parts.length]}/`;
      const inner = at % 5 === 0 ? `${parts[(at + 3) % parts.length]}/` : "";
      return `${folder}${inner}${names[(at + seed) % names.length]}`;
    }),
  );
  for (const [index, files] of layouts.entries()) {
    for (const file of new Set(files)) {
      await mkdir(dirname(join(root, `${index}`, file)), { recursive: true });
      await writeFile(join(root, `${index}`, file), "{}\n").catch(() => undefined);
    }
  }
  const folders = layouts.map((_, index) => join(root, `${index}`));
  const theirs = (await ask(["splits", JSON.stringify(folders)])) as (Record<string, string[]> | null)[];
  const ours = layouts.map((files) => {
    const seen = [...new Set(files)].filter(
      (file) =>
        !file
          .split("/")
          .slice(0, -1)
          .some((part) => part.startsWith("__")),
    );
    return Object.fromEntries(groupBySplit(seen.sort()));
  });
  const sorted = (splits: Readonly<Record<string, readonly string[]>> | null): unknown =>
    Object.entries(splits ?? {}).map(([split, files]) => [split, [...files].sort()]);
  expect(ours.map(sorted)).toEqual(theirs.map(sorted));
});
