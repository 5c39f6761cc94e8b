import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { parse } from "yaml";
import { main } from "../../src/cli/main.ts";
import { pushCommand } from "../../src/cli/push.ts";
import { WinnowError } from "../../src/errors.ts";
import { finishRun } from "../hub/finished-run.ts";
import { type HubServer, startHub } from "../hub/hub-server.ts";
import { writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { capturePrinted, printed } from "./captured-output.ts";

capturePrinted();

/** A finished run of 36 planted rows, for tests that change nothing in it. */
let run: string;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "winnow-push-test-"));
  run = await finishRun(folder);
  return () => rm(folder, { recursive: true });
});

/** A hub that the environment names, with a token that may write unless another is given. */
async function useHub(token = "hf_testtoken"): Promise<HubServer> {
  const hub = await startHub();
  const cache = await temporaryFolder();
  const environment = { HF_ENDPOINT: hub.endpoint, HF_HOME: cache, HF_HUB_CACHE: cache, HF_TOKEN: token };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await hub.close();
  });
  return hub;
}

function filesOf(hub: HubServer, repo: string, branch = "main"): ReadonlyMap<string, Buffer> {
  const { refs, commits } = hub.repos.get(repo) ?? { refs: new Map(), commits: new Map() };
  return commits.get(refs.get(branch) ?? "") ?? new Map();
}

test("push makes a dataset of subset, control, scores and card in one commit, and of nothing else", async () => {
  const hub = await useHub();
  expect(await main(["push", run, "team/winnowed", "--private", "--json"])).toBe(0);
  const repo = hub.repos.get("team/winnowed");
  // The commit that makes the dataset, and ours.
  expect(repo?.titles.length).toBe(2);
  expect(repo?.titles[1]).toMatch(/^Select \d+ of 36 samples of planted\.jsonl$/);
  expect(repo?.private).toBe(true);
  const files = filesOf(hub, "team/winnowed");
  const { subset, control } = JSON.parse(await readFile(join(run, "run.json"), "utf8"));
  const own = ["README.md", "scores.parquet", "scores.jsonl", ".gitattributes"];
  const parts = [
    ...subset.files.map((name: string) => `subset/${name}`),
    ...control.files.map((name: string) => `control/${name}`),
  ];
  expect([...files.keys()].sort()).toEqual([...own, ...parts].sort());
  for (const path of parts) expect(files.get(path)).toEqual(await readFile(join(run, path)));
  expect(files.get("scores.parquet")).toEqual(await readFile(join(run, "scores.parquet")));
  const pushed = JSON.parse(printed.out);
  expect(pushed).toMatchObject({ url: `${hub.endpoint}/datasets/team/winnowed`, created: true, removed: [] });
  expect(pushed.commit).toBe(repo?.refs.get("main"));
  expect(new Set(hub.seen.filter(({ at }) => at === "store").map(({ authorization }) => authorization))).toEqual(
    new Set([undefined]),
  );
});

test("what was pushed is a dataset like any other, and a card keeps its rows to itself", async () => {
  const hub = await useHub();
  expect(await main(["push", run, "team/winnowed", "--split", "best"])).toBe(0);
  const card = filesOf(hub, "team/winnowed").get("README.md")?.toString() ?? "";
  const head = parse(card.split("---\n")[1] ?? "");
  expect(head.configs).toEqual([
    { config_name: "default", data_files: [{ split: "best", path: ["subset/planted.jsonl"] }] },
    { config_name: "control", data_files: [{ split: "best", path: ["control/planted.jsonl"] }] },
    { config_name: "scores", data_files: [{ split: "best", path: ["scores.jsonl"] }] },
  ]);
  expect(head).toMatchObject({ license: "unknown", size_categories: ["n<1K"] });
  expect(head.tags).toContain("winnow");
  expect(card).toContain('subset = load_dataset("team/winnowed", split="best")');
  expect(card).not.toContain("What is");
  expect(card).not.toContain(run);

  const again = await finishRun(await temporaryFolder(), { dataset: "hf://datasets/team/winnowed", allowEmpty: true });
  const { dataset } = JSON.parse(await readFile(join(again, "run.json"), "utf8"));
  expect(dataset.hub).toMatchObject({ repo: "team/winnowed", config: "default", split: "best" });
  const rows = (await readFile(join(run, "subset", "planted.jsonl"), "utf8")).trim().split("\n").length;
  expect(dataset.rows).toBe(rows);
  expect(await readdir(again)).not.toContain("rejected.jsonl.tmp");
  const rejected = await readFile(join(again, "rejected.jsonl"), "utf8");
  expect(rejected).toBe("");
});

test("a source on the hub is named with commit and licence, and --license stands above it", async () => {
  const hub = await useHub();
  const rows = await readFile(join((await finishSource(hub)).run, "subset", "train.jsonl"), "utf8");
  expect(rows).toContain("What is");
  const commit = hub.repos.get("team/source")?.refs.get("main") as string;
  const card = filesOf(hub, "team/winnowed").get("README.md")?.toString() ?? "";
  const head = parse(card.split("---\n")[1] ?? "");
  expect(head).toMatchObject({ license: "cc-by-4.0", source_datasets: ["team/source"] });
  expect(card).toContain(`| dataset | team/source at commit \`${commit}\` |`);
  expect(card).toContain("cc-by-4.0, as the card of the source has it.");
  expect(await main(["push", run, "team/winnowed", "--license", "mit"])).toBe(0);
  expect(filesOf(hub, "team/winnowed").get("README.md")?.toString()).toContain('license: "mit"');
});

/** A run of a dataset on the hub, pushed to team/winnowed. */
async function finishSource(hub: HubServer): Promise<{ run: string }> {
  const folder = await temporaryFolder();
  const local = await writePlantedDataset(join(folder, "source"), 12);
  const images = await readdir(join(folder, "source", "images"));
  const contents = await Promise.all(images.map((name) => readFile(join(folder, "source", "images", name))));
  hub.put("team/source", {
    "README.md": "---\nlicense: cc-by-4.0\n---\n",
    "train.jsonl": await readFile(local),
    ...Object.fromEntries(images.map((name, index) => [`images/${name}`, contents[index] as Buffer])),
  });
  const run = await finishRun(folder, { dataset: "hf://datasets/team/source", control: false });
  expect(await main(["push", run, "team/winnowed"])).toBe(0);
  return { run };
}

test("a second push replaces the first, takes its other files away, and leaves those of others", async () => {
  const hub = await useHub();
  const other = await finishRun(await temporaryFolder(), { control: false });
  expect(await main(["push", run, "team/winnowed"])).toBe(0);
  const repo = hub.repos.get("team/winnowed");
  const before = filesOf(hub, "team/winnowed");
  hub.put("team/winnowed", Object.fromEntries([...before, ["notes.txt", Buffer.from("mine")]]));
  expect(await main(["push", other, "team/winnowed", "--json"])).toBe(0);
  const after = [...filesOf(hub, "team/winnowed").keys()];
  expect(after.filter((path) => path.startsWith("control/"))).toEqual([]);
  expect(after).toContain("notes.txt");
  expect(repo?.titles.length).toBe(4);
});

test("another branch is made, and committed to", async () => {
  const hub = await useHub();
  hub.put("team/winnowed", { "notes.txt": "mine" });
  for (const _ of ["made", "there"]) {
    expect(await main(["push", run, "team/winnowed", "--branch", "v2", "--message", "Second try"])).toBe(0);
  }
  expect([...filesOf(hub, "team/winnowed").keys()]).toEqual(["notes.txt"]);
  expect([...filesOf(hub, "team/winnowed", "v2").keys()]).toContain("subset/planted.jsonl");
  expect(hub.repos.get("team/winnowed")?.titles.at(-1)).toBe("Second try");
});

test.each([
  [
    "a card of somebody else",
    [],
    "has a dataset card that Winnow did not write: choose another name, or replace it with --overwrite.",
  ],
  [
    "a public dataset where a private one is asked for",
    ["--private"],
    "hf://datasets/team/winnowed is public: make it private on the hub, or push without --private.",
  ],
])("%s stops a push before anything is sent", async (_, flags, sentence) => {
  const hub = await useHub();
  hub.put("team/winnowed", { "README.md": "# My own card\n" });
  expect(await main(["push", run, "team/winnowed", ...flags])).toBe(2);
  expect(printed.err).toContain(sentence);
  expect(hub.seen.filter(({ method }) => method !== "GET")).toEqual([]);
  if (flags.length > 0) return;
  expect(await main(["push", run, "team/winnowed", "--overwrite"])).toBe(0);
  expect([...filesOf(hub, "team/winnowed").keys()]).toContain("subset/planted.jsonl");
});

test("a change by somebody else meanwhile, a missing right and a missing token are said in one sentence", async () => {
  const hub = await useHub();
  hub.faults.push({ url: "/commit/", times: 1, status: 412 });
  expect(await main(["push", run, "team/winnowed"])).toBe(1);
  expect(printed.err).toMatch(/main was changed by somebody else meanwhile; push again\.\n$/);
  expect(await main(["push", run, "other/winnowed"])).toBe(1);
  expect(printed.err).toMatch(
    /The hub does not allow this on hf:\/\/datasets\/other\/winnowed \(the hub says: .*\): use a token/,
  );
  vi.stubEnv("HF_TOKEN", "");
  expect(await main(["push", run, "team/winnowed"])).toBe(2);
  expect(printed.err).toMatch(/A push needs a token that may write/);
  expect(printed.err).not.toContain("hf_testtoken");
});

test("--dry-run writes what would go up, and asks the hub for nothing", async () => {
  const hub = await useHub();
  const folder = join(await temporaryFolder(), "out");
  expect(await main(["push", run, "team/winnowed", "--dry-run", folder])).toBe(0);
  expect(hub.seen).toEqual([]);
  expect((await readdir(folder)).sort()).toEqual(["README.md", "control", "scores.jsonl", "scores.parquet", "subset"]);
  expect(printed.out).toContain("nothing was sent");
  expect(await main(["push", run, "team/winnowed", "--dry-run", folder])).toBe(2);
  expect(printed.err).toContain("expected an empty folder for `--dry-run`");
});

test.each([
  [["--split", "a-b"], "`--split`: expected letters, digits, _ and .; found `a-b`."],
  [["--branch", "../x"], "`--branch`: expected the name of a branch; found `../x`."],
  [["--license", "my licence"], "`--license`: expected a licence's short name; found `my licence`."],
])("wrong usage %j is refused", async (flags, sentence) => {
  await useHub();
  expect(await main(["push", "runs/none", "team/winnowed", ...flags])).toBe(2);
  expect(printed.err).toContain(sentence);
});

test("a run that has no subset is not published", async () => {
  await useHub();
  const other = await finishRun(await temporaryFolder());

  const manifest = JSON.parse(await readFile(join(other, "run.json"), "utf8"));
  await writeFile(join(other, "run.json"), JSON.stringify({ ...manifest, subset: null }));
  expect(await main(["push", other, "team/winnowed"])).toBe(1);
  expect(printed.err).toContain("has no finished subset to publish");
  await writeFile(
    join(other, "run.json"),
    JSON.stringify({ ...manifest, subset: { ...manifest.subset, files: ["../run.json"] } }),
  );
  expect(await main(["push", other, "team/winnowed"])).toBe(1);
  expect(printed.err).toContain("expected the file ../run.json; it is not there");
});

test("an interrupted push ends as interrupted, with nothing committed", async () => {
  const hub = await useHub();
  const stop = new AbortController();
  const reason = new WinnowError("interrupted", "Interrupted.");
  hub.faults.push({ url: "/batch", times: 1, status: 503 });
  const watch = setInterval(() => hub.seen.some(({ url }) => url.endsWith("/batch")) && stop.abort(reason), 5);
  onTestFinished(() => clearInterval(watch));
  const pushing = pushCommand.run({ target: run, repo: "team/winnowed", quiet: true }, stop.signal);
  await expect(pushing).rejects.toBe(reason);
  expect([...filesOf(hub, "team/winnowed").keys()]).toEqual([".gitattributes"]);
});
