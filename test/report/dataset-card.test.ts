import { expect, test } from "vitest";
import { parse } from "yaml";
import { renderDatasetCard } from "../../src/report/dataset-card.ts";
import { quoteMarkdown } from "../../src/report/quote-markdown.ts";
import { summariseRun } from "../../src/report/summarise-run.ts";
import { finishRun } from "../hub/finished-run.ts";
import { temporaryFolder } from "../temporary-folder.ts";

test("names from outside stay texts in the card's YAML and Markdown", async () => {
  const run = await summariseRun(await finishRun(await temporaryFolder(), { control: false }));
  const evil = "a|b\n---\n<script>`x` [l](http://e) www.e.com @u";
  const hub = {
    asked: "x",
    address: "hf://datasets/team/x",
    repo: "team/x",
    commit: "c".repeat(40),
    split: evil,
    config: "no",
  };
  const dataset = { ...run.manifest.dataset, path: `/home/somebody/${evil.replaceAll("/", "")}`, hub };
  const manifest = { ...run.manifest, dataset, model: { ...run.manifest.model, name: "/home/somebody/model-1" } };
  const configs = [{ name: "default", patterns: ["subset/no", "subset/**"] }];
  const card = renderDatasetCard({ ...run, manifest }, { repo: "team/y", split: "train", configs });
  const [, header = "", ...rest] = card.split("---\n");
  expect(parse(header).configs).toEqual([
    { config_name: "default", data_files: [{ split: "train", path: ["subset/no", "subset/**"] }] },
  ]);
  const body = rest.join("---\n");
  expect(body).not.toMatch(/<script>|\[l\]|\(http:\/\/|@u(?<!\\@u)|\/home\/somebody/);
  expect(body).toContain("| configuration | no |");
  expect(body).toContain("model-1");
  expect(body).toContain('scores = load_dataset("parquet", data_files="hf://datasets/team/y/scores.parquet"');
});

test("a text is quoted character by character, and cut to a limit", () => {
  expect(quoteMarkdown("a*b_c|d<e>&f")).toBe("a\\*b\\_c\\|d\\<e\\>\\&f");
  expect(quoteMarkdown("http://x.y and www.z.w, me@x")).toBe("http\\://x.y and www\\.z.w, me\\@x");
  expect(quoteMarkdown("a\nb")).toBe("a↵b");
  expect(quoteMarkdown("abcdef", 3)).toBe("abc");
});
