import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { Zstd } from "@hpcc-js/wasm-zstd";
import { describe, expect, test } from "vitest";
import { openTemporaryLike, readUnpacked } from "../../src/formats/compression.ts";
import { openDataset } from "../../src/formats/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { png } from "./pictures.ts";

const zstd = await Zstd.load();
const PACKERS = [
  ["gzip", ".gz", (bytes: Buffer) => gzipSync(bytes)],
  ["zstd", ".zst", (bytes: Buffer) => Buffer.from(zstd.compress(bytes))],
] as const;
const ROW = Buffer.from(`${JSON.stringify({ question: "q", answer: "1", image: png().toString("base64") })}\n`);

async function save(name: string, ...parts: readonly Uint8Array[]): Promise<string> {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, Buffer.concat(parts));
  return file;
}

async function unpack(file: string): Promise<Buffer> {
  const chunks = [];
  for await (const chunk of readUnpacked({ file, name: path.basename(file) })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe.each(PACKERS)("%s", (name, ending, pack) => {
  test("is read though it stands in several pieces, and whatever the file is called", async () => {
    const several = await save(
      `data.jsonl${ending}`,
      pack(ROW),
      pack(Buffer.alloc(0)),
      pack(Buffer.concat([ROW, ROW])),
    );
    expect((await openDataset(several)).rows).toBe(3);
    expect((await openDataset(await save("data.jsonl", pack(ROW)))).rows).toBe(1);
    expect((await openDataset(await save(`data.jsonl${ending}`, ROW))).rows).toBe(1);
  });

  test("is named when it is cut off", async () => {
    const file = await save(`data.jsonl${ending}`, pack(Buffer.concat([ROW, ROW])).subarray(0, -9));
    await expect(openDataset(file)).rejects.toMatchObject({
      code: "input",
      message: expect.stringContaining(`data.jsonl${ending}: expected ${name} data; it is damaged`),
    });
  });

  test("that unpacks to a line without end is refused after 256 MiB", async () => {
    const piece = pack(Buffer.alloc(16 * 2 ** 20, "x"));
    const file = await save(
      `data.jsonl${ending}`,
      pack(Buffer.from('{"a": "')),
      ...Array.from({ length: 64 }, () => piece),
    );
    expect((await stat(file)).size).toBeLessThan(2 ** 21);
    await expect(openDataset(file)).rejects.toThrow("expected a line of at most 256 MiB; line 1 is longer");
  });

  test("is written so that everybody reads it, block by block", async () => {
    const source = await save(`data.jsonl${ending}`, pack(ROW));
    const bytes = Buffer.from(Array.from({ length: 9 * 2 ** 20 }, (_, at) => (at * at) % 251));
    const target = path.join(path.dirname(source), "copy");
    const sink = await openTemporaryLike(source, target);
    for (let at = 0; at < bytes.length; at += 2 ** 20) await sink.write(bytes.subarray(at, at + 2 ** 20));
    await sink.commit();
    expect(sink.size).toBe((await stat(target)).size);
    expect((await unpack(target)).equals(bytes)).toBe(true);
    if (name === "gzip") expect(gunzipSync(await readFile(target)).equals(bytes)).toBe(true);
  });
});
