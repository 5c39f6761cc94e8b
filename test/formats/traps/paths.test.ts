import { mkdir, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../../src/formats/index.ts";
import { temporaryFolder } from "../../temporary-folder.ts";
import { png } from "../pictures.ts";
import { outcome, readAll } from "./rows.ts";

test("those that leave the dataset's folder are rejected without being read", async () => {
  const outer = await temporaryFolder();
  const folder = path.join(outer, "set");
  await mkdir(folder);
  await writeFile(path.join(outer, "secret.png"), png());
  await symlink(path.join(outer, "secret.png"), path.join(folder, "link.png"));
  await symlink(outer, path.join(folder, "up"));
  const names = ["../secret.png", path.join(outer, "secret.png"), "link.png", "up/secret.png", "C:\\secret.png", ".."];
  const file = path.join(folder, "data.jsonl");
  await writeFile(file, names.map((image) => JSON.stringify({ question: "q", answer: "1", image })).join("\n"));
  const items = await readAll(file);
  expect(items.map((item) => (item.type === "rejected" ? item.rejected.code : "sample"))).toEqual(
    names.map(() => "path-outside-dataset"),
  );
  await using dataset = await openDataset(file);
  const written = await dataset.writeSubset(new Map([["data.jsonl", new Set([0, 1, 2, 3])]]), path.join(outer, "out"));
  expect(written.files).toEqual(["data.jsonl"]);
});

test("a link and `..` within the folder are fine, and are copied so that they resolve again", async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, "data"));
  await mkdir(path.join(folder, "images"));
  await writeFile(path.join(folder, "images", "a.png"), png());
  await symlink(path.join(folder, "images", "a.png"), path.join(folder, "images", "b.png"));
  const rows = ["../images/a.png", "../images/b.png"].map((image) =>
    JSON.stringify({ question: "q", answer: "1", image }),
  );
  await writeFile(path.join(folder, "data", "train.jsonl"), rows.join("\n"));
  await using dataset = await openDataset(folder);
  const target = path.join(folder, "..", `${path.basename(folder)}-out`);
  const written = await dataset.writeSubset(new Map([["data/train.jsonl", new Set([0, 1])]]), target);
  expect(written.files).toEqual(["data/train.jsonl", "images/a.png", "images/b.png"]);
  expect((await readAll(target)).map(({ type }) => type)).toEqual(["sample", "sample"]);
});

test("a missing file and a folder are missing images", async () => {
  expect(await outcome({ image: "none.png" })).toBe(
    'image-missing: expected the image file "none.png"; it cannot be found (ENOENT).',
  );
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, "sub"));
  await writeFile(path.join(folder, "data.jsonl"), '{"question": "q", "answer": "1", "image": "sub"}');
  expect(await readAll(folder)).toMatchObject([{ rejected: { code: "image-missing" } }]);
});
