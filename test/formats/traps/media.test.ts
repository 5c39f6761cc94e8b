import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../temporary-folder.ts";
import { png } from "../pictures.ts";
import { outcome, readAll } from "./rows.ts";

const MP4 = Buffer.from("\0\0\0\x20ftypisom\0\0\x02\0isomiso2", "latin1");
const WAV = Buffer.from("RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", "latin1");

test("a row with a video or audio column that is not empty is refused by the medium", async () => {
  expect(await outcome({ videos: ["a.mp4"] })).toBe("has-video: expected images alone; found video in `videos`.");
  expect(await outcome({ audio: { bytes: "UklG", path: null } })).toMatch(/^has-audio: .* found audio in `audio`/);
  for (const videos of [null, [], ""]) expect(await outcome({ videos })).toMatchObject({ groundTruth: "3" });
});

test("an image that is a video or audio file is refused by its name, without being looked for", async () => {
  expect(await outcome({ image: "clips/one.MP4" })).toBe(
    'has-video: expected images alone; found video ("clips/one.MP4").',
  );
  expect(await outcome({ image: "one.flac" })).toMatch(/^has-audio/);
});

test("video and audio under another name are refused by their first bytes", async () => {
  expect(await outcome({ image: { bytes: MP4.toString("base64") } })).toBe(
    "has-video: expected images alone; found video (24 bytes of it).",
  );
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, "sound.png"), WAV);
  await writeFile(path.join(folder, "data.jsonl"), '{"question": "q", "answer": "1", "image": "sound.png"}');
  expect(await readAll(folder)).toMatchObject([{ rejected: { code: "has-audio" } }]);
});

test("a picture is a picture, whatever its row calls it", async () => {
  const image = { bytes: png().toString("base64"), path: "clip.mp4" };
  expect(await outcome({ image })).toMatchObject({ images: [{ mediaType: "image/png" }] });
});
