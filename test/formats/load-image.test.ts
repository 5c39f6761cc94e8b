import { mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadImage } from "../../src/formats/load-image.ts";
import { buildImagePrompt } from "../../src/prompts/build-prompt.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { png } from "./pictures.ts";

test("an image of a file says which file, links followed, and its prompt does too; bytes say none", async () => {
  const folder = await realpath(await temporaryFolder());
  await mkdir(join(folder, "images"));
  await writeFile(join(folder, "images", "one two.png"), png());
  await symlink(join(folder, "images", "one two.png"), join(folder, "link.png"));
  const base = { root: folder, folder };
  const linked = await loadImage({ path: "link.png" }, base);
  expect(linked.path).toBe(join(folder, "images", "one two.png"));
  const embedded = await loadImage({ bytes: png() }, base);
  expect(embedded).not.toHaveProperty("path");
  const sample = { id: "a", source: { file: "a", row: 0 }, question: "<image><image>Which?", groundTruth: "1" };
  const { parts } = buildImagePrompt({ ...sample, images: [linked, embedded] }, "");
  expect(parts.slice(0, 2)).toEqual([
    { type: "image", bytes: linked.bytes, path: linked.path },
    { type: "image", bytes: embedded.bytes },
  ]);
});
