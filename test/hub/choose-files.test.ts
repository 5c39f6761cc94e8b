import { expect, test } from "vitest";
import { parseCard } from "../../src/hub/card.ts";
import { chooseFiles, type HubPart } from "../../src/hub/choose-files.ts";
import { parseHubAddress } from "../../src/lib/hub-address.ts";

/** The names that are chosen of these files, by card and address; and under what configuration and split. */
function choose(
  files: readonly string[],
  { card = "", path = "", ...part }: HubPart & { card?: string; path?: string } = {},
): { config?: string; split?: string; files: string[] } {
  const where = `hf://datasets/team/shapes${path === "" ? "" : `/${path}`}`;
  const tree = [...files].sort().map((name) => ({ path: name, size: 1, hash: "0".repeat(40) }));
  const options = { ...part, isReadable: (name: string) => /\.(parquet|jsonl)$/.test(name) };
  const choice = chooseFiles(tree, parseCard(card, "hf://datasets/team/shapes"), parseHubAddress(where), options);
  return { ...choice, files: choice.files.map((file) => file.path) };
}

const SHARDS = [
  "data/train-00000-of-00002.parquet",
  "data/train-00001-of-00002.parquet",
  "data/test-00000-of-00001.parquet",
];

test("without a card, shards in data/ come before folders, folders before files, and all else is train", () => {
  expect(choose([...SHARDS, "test/x.jsonl"], { split: "train" }).files).toEqual(SHARDS.slice(0, 2));
  expect(choose(["my-train/a.parquet", "val/b.parquet", "test.parquet"], { split: "validation" }).files).toEqual([
    "val/b.parquet",
  ]);
  expect(choose(["x/shapes_train.jsonl", "x/shapes_dev_2.jsonl"], { split: "validation" }).files).toEqual([
    "x/shapes_dev_2.jsonl",
  ]);
  expect(
    choose(["restrained.jsonl", "b.jsonl", "README.md", "notes.txt", ".hidden/c.jsonl", "__pycache__/d.jsonl"]),
  ).toEqual({
    split: "train",
    files: ["b.jsonl", "restrained.jsonl"],
  });
});

test("several splits are asked about with their names, and an unknown one is refused with them", () => {
  expect(() => choose(SHARDS)).toThrow(
    "hf://datasets/team/shapes: it has the splits train, test: name one with --split.",
  );
  expect(() => choose(SHARDS, { split: "dev" })).toThrow('expected the split "dev"; it has train, test.');
});

const CARD = `---
configs:
- config_name: easy
  data_files:
  - split: train
    path: ["easy/a*", "easy/z.parquet"]
  - {split: test, path: easy/t.parquet}
- config_name: hard
  data_dir: hard
- config_name: plain
  data_files: easy/z.parquet
---
`;
const FILES = [
  "easy/z.parquet",
  "easy/a1.parquet",
  "easy/a0.parquet",
  "easy/t.parquet",
  "hard/train.parquet",
  "hard/test.parquet",
];

test("a card's configurations and patterns decide, in their order", () => {
  expect(choose(FILES, { card: CARD, config: "easy", split: "train" })).toEqual({
    config: "easy",
    split: "train",
    files: ["easy/a0.parquet", "easy/a1.parquet", "easy/z.parquet"],
  });
  expect(choose(FILES, { card: CARD, config: "hard", split: "test" }).files).toEqual(["hard/test.parquet"]);
  expect(choose(FILES, { card: CARD, config: "plain" })).toMatchObject({ config: "plain", split: "train" });
});

test("several configurations without a default are asked about, and one named default is taken", () => {
  expect(() => choose(FILES, { card: CARD })).toThrow(
    "it has the configurations easy, hard, plain: name one with --hf-config.",
  );
  expect(() => choose(FILES, { card: CARD, config: "odd" })).toThrow(
    'expected the configuration "odd"; it has the configurations easy',
  );
  const usual = CARD.replace("config_name: plain", "config_name: default");
  expect(choose(FILES, { card: usual }).config).toBe("default");
  expect(
    choose(FILES, { card: CARD.replace("data_dir: hard", "data_dir: hard\n  default: true"), split: "train" }).config,
  ).toBe("hard");
});

test("a path is a file, a folder or a glob", () => {
  expect(choose(FILES, { path: "easy/t.parquet" })).toEqual({ files: ["easy/t.parquet"] });
  expect(choose(FILES, { path: "hard", split: "train" }).files).toEqual(["hard/train.parquet"]);
  expect(choose(FILES, { path: "easy/{a,t}*" }).files).toEqual([
    "easy/a0.parquet",
    "easy/a1.parquet",
    "easy/t.parquet",
  ]);
  expect(() => choose(FILES, { path: "soft" })).toThrow(
    "expected data files at soft; found nothing there. Its files are easy/a0.parquet",
  );
  expect(() => choose(FILES, { path: "easy", config: "easy" })).toThrow("a path and --hf-config exclude each other");
});

test("a dataset without a file that can be read names what there is, and the hub's own conversion", () => {
  expect(() => choose(["a.csv", "b.zip", ".gitattributes"])).toThrow(
    "found none that can be read. Its files are a.csv, b.zip; the hub's own conversion may do: hf://datasets/team/shapes@refs/convert/parquet/….",
  );
});

test("files elsewhere that a card names are not fetched", () => {
  const card = "---\nconfigs:\n- config_name: default\n  data_files: https://example.com/a.parquet\n---\n";
  expect(() => choose(FILES, { card })).toThrow("its card refers to files elsewhere (https://example.com/a.parquet)");
});

test.each([
  ["---\nconfigs: [{data_files: a}]\n---\n", "expected `configs` with `config_name`"],
  ["---\nconfigs: [{config_name: a, data_files: [{path: x}, 3]}]\n---\n", "expected `configs` with `config_name`"],
  ["---\na: [\n---\n", "expected YAML"],
  [
    `---\na: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n---\n`,
    "expected YAML",
  ],
])("a card that is none is refused with a way out", (card, what) => {
  expect(() => choose(FILES, { card })).toThrow(
    new RegExp(`The card of hf://datasets/team/shapes: ${what}.*Name files of the dataset instead`),
  );
});

test("a licence is carried over by the hub's names alone", () => {
  expect(parseCard("---\nlicense: cc-by-4.0\n---\n", "x").license).toEqual({ ids: ["cc-by-4.0"] });
  expect(parseCard("---\nlicense: [mit, 3, 'a b']\n---\n", "x").license).toEqual({ ids: ["mit"] });
  expect(
    parseCard("---\r\nlicense: other\r\nlicense_name: Ours\r\nlicense_link: LICENSE\r\n---\r\n", "x").license,
  ).toEqual({
    ids: ["other"],
    name: "Ours",
    link: "LICENSE",
  });
  expect(parseCard("no header", "x")).toEqual({ configs: [], tags: [] });
});
