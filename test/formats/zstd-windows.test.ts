import { Zstd } from "@hpcc-js/wasm-zstd";
import { expect, test } from "vitest";
import { openDataset } from "../../src/formats/index.ts";
import { checkWindows, WindowTooLarge } from "../../src/formats/zstd-windows.ts";
import { PNG, writeData } from "./traps/rows.ts";

const zstd = await Zstd.load();
const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** An empty last block of raw bytes. */
const LAST_BLOCK = [0x01, 0x00, 0x00];
const GOOD = Buffer.from(zstd.compress(Buffer.from("a row of text, ".repeat(40_000))));
const RANDOM = Buffer.from(
  zstd.compress(Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * at * 7919) >> 9))),
);
const SKIPPABLE = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, ...MAGIC, 0]);

/** A frame whose window descriptor is this byte. */
const frame = (descriptor: number) => Buffer.from([...MAGIC, 0x00, descriptor, ...LAST_BLOCK, ...Array(12).fill(0)]);

async function pass(bytes: Buffer, piece: number): Promise<Buffer> {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
  }
  const out: Buffer[] = [];
  for await (const chunk of checkWindows(pieces())) out.push(Buffer.from(chunk));
  return Buffer.concat(out);
}

test("frames pass as they are, in whatever pieces they come", async () => {
  const stream = Buffer.concat([GOOD, SKIPPABLE, RANDOM, GOOD]);
  for (const piece of [7, 64, 1000, stream.length]) expect((await pass(stream, piece)).equals(stream)).toBe(true);
});

test("a window of 128 MiB passes, a larger one does not, in a later frame either", async () => {
  // 17 << 3: 2^(10 + 17) bytes; the next descriptor asks for an eighth more, 21 << 3 for 2 GiB.
  await pass(frame(17 << 3), 5);
  for (const large of [frame((17 << 3) + 1), frame(21 << 3), Buffer.concat([GOOD, SKIPPABLE, frame(21 << 3)])]) {
    for (const piece of [5, large.length]) await expect(pass(large, piece)).rejects.toBeInstanceOf(WindowTooLarge);
  }
});

test("a frame of one segment is held whole, so that its size is its window", async () => {
  const single = (size: bigint) => {
    const bytes = Buffer.from([...MAGIC, 0b1110_0000, ...Array(8).fill(0), ...LAST_BLOCK, ...Array(4).fill(0)]);
    bytes.writeBigUInt64LE(size, 5);
    return bytes;
  };
  await pass(single(2n ** 27n), 6);
  await expect(pass(single(2n ** 27n + 1n), 6)).rejects.toThrow("a window of 129 MiB");
});

test("what is no zstd passes, for the decoder to name", async () => {
  const stream = Buffer.concat([GOOD, Buffer.from("this is not a frame, though it follows one")]);
  for (const piece of [9, stream.length]) expect((await pass(stream, piece)).equals(stream)).toBe(true);
});

test("a dataset that asks for 2 GiB is refused in one sentence", async () => {
  const row = Buffer.from(zstd.compress(Buffer.from(`{"question": "q", "answer": "1", "image": "${PNG}"}\n`)));
  const file = await writeData(Buffer.concat([row, frame(21 << 3)]), "data.jsonl.zst");
  await expect(openDataset(file)).rejects.toMatchObject({
    code: "input",
    message:
      "data.jsonl.zst: expected a zstd window of at most 128 MiB, which has to be held to unpack it; " +
      "found a window of 2048 MiB. Compress it again without --long and --ultra.",
  });
});
