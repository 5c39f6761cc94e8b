import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../src/formats/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { png } from "./pictures.ts";
import { archive, END, type MadeMember, member } from "./tar/archive.ts";
import { readAll, writeData } from "./traps/rows.ts";

const row = (answer: string, more: object = {}) => JSON.stringify({ problem: "How many?", answer, ...more });
const sample = (key: string, answer: string): readonly MadeMember[] => [
  { name: `${key}.png`, content: png({ width: 10 + Number(answer) }) },
  { name: `${key}.json`, content: row(answer) },
];

const write = async (...members: readonly MadeMember[]) => await writeData(archive(...members), "train.tar");
const codes = async (file: string) =>
  (await readAll(file)).map((item) => (item.type === "sample" ? item.sample.groundTruth : item.rejected.code));

test("members in a row whose names are the same up to the first point are a sample; its key is its id", async () => {
  const file = await write(
    { name: "a/", type: "5" },
    ...sample("a/0001", "1"),
    ...sample("a/0002", "2"),
    { name: "b.dir/0002.v2.PNG", content: png({ width: 30 }) },
    { name: "b.dir/0002.json", content: row("3") },
    { name: "README", content: "no sample" },
    { name: ".hidden.json", content: row("4") },
    { name: "__meta__.json", content: row("5") },
    ...sample("a/0001", "6"),
  );
  await using dataset = await openDataset(file);
  expect([dataset.format, dataset.rows, dataset.fields]).toEqual([
    "webdataset",
    4,
    { question: "problem", answer: "answer", images: "images" },
  ]);
  const items = await readAll(file);
  expect(
    items.map(
      (item) => item.type === "sample" && [item.sample.rowId, item.sample.groundTruth, item.sample.images[0]?.width],
    ),
  ).toEqual([
    ["a/0001", "1", 11],
    ["a/0002", "2", 12],
    ["b.dir/0002", "3", 30],
    ["a/0001", "6", 16],
  ]);
});

test("several pictures are the sample's in their order; a JSON member's own `image` does not hide them", async () => {
  const file = await write(
    { name: "1.0.png", content: png({ width: 20 }) },
    { name: "1.1.png", content: png({ width: 21 }) },
    { name: "1.json", content: row("1", { image: "somewhere/else.png", images: ["x.png"] }) },
  );
  const [item] = await readAll(file);
  expect(item?.type === "sample" && item.sample.images.map(({ width }) => width)).toEqual([20, 21]);
});

test("texts and classes in members of their own can be named; `question.txt` is `question`", async () => {
  const file = await write(
    { name: "1.jpg", content: png() },
    { name: "1.txt", content: "Which class?\n" },
    { name: "1.cls", content: "7\n" },
  );
  await expect(openDataset(file)).rejects.toThrow("found `jpg`, `image`, `images`, `txt`, `cls`");
  expect(await readAll(file, { fields: { question: "txt", answer: "cls" } })).toMatchObject([
    { sample: { groundTruth: "7", images: [{ mediaType: "image/png" }] } },
  ]);
  const own = await write(
    { name: "1.png", content: png() },
    { name: "1.question.txt", content: "Which?" },
    { name: "1.answer", content: "7" },
  );
  expect(await readAll(own)).toMatchObject([{ sample: { question: "<image>\nWhich?", groundTruth: "7", rowId: "1" } }]);
});

test("trainers' dialects may stand in the JSON members", async () => {
  const content = JSON.stringify({ prompt: [{ role: "user", content: "Which?" }], solution: "3" });
  await using dataset = await openDataset(await write({ name: "1.png", content: png() }, { name: "1.json", content }));
  expect(dataset.dialect).toBe("trl");
});

test("a subset has the selected members' own blocks, and what belongs to no sample", async () => {
  const blocks = [
    member({ name: "pax_global_header", type: "g", content: "19 comment=a fact\n\n" }),
    member({ name: "set/", type: "5" }),
    ...sample("set/1", "1").map(member),
    member({ name: "LICENCE", content: "as you like" }),
    ...sample("set/2", "2").map(member),
    ...sample("set/3", "3").map(member),
  ];
  const file = await writeData(Buffer.concat([...blocks, END]), "train.tar");
  await using dataset = await openDataset(file);
  const out = path.join(await temporaryFolder(), "out");
  const written = await dataset.writeSubset(new Map([["train.tar", new Set([1])]]), out);
  expect([written.rows, written.files]).toEqual([1, ["train.tar"]]);
  const kept = [0, 1, 4, 5, 6].map((at) => blocks[at] as Buffer);
  expect((await readFile(path.join(out, "train.tar"))).equals(Buffer.concat([...kept, END]))).toBe(true);
});

test("shards are named by their range, each of which has to be there; a subset has those it draws on", async () => {
  const folder = await temporaryFolder();
  for (let shard = 0; shard < 12; shard++) {
    const name = `train-${String(shard).padStart(6, "0")}.tar`;
    await writeFile(path.join(folder, name), archive(...sample(`${shard}`, `${shard}`)));
  }
  await using dataset = await openDataset(path.join(folder, "train-{000000..000010}.tar"));
  expect(dataset.rows).toBe(11);
  const out = path.join(await temporaryFolder(), "out");
  const written = await dataset.writeSubset(new Map([["train-000009.tar", new Set([0])]]), out);
  expect(written.files).toEqual(["train-000009.tar"]);
  expect(await codes(out)).toEqual(["9"]);
  await expect(openDataset(path.join(folder, "train-{000008..000013}.tar"))).rejects.toThrow(
    "expected a file train-000012.tar; found none, but others of the range",
  );
  await expect(openDataset(path.join(folder, "train-{0..999999}.tar"))).rejects.toMatchObject({ code: "usage" });
  expect(await codes(folder)).toHaveLength(12);
});

test("a sample with a name that leads out of the archive, a link, or a member twice is refused by name", async () => {
  const file = await write(
    ...sample("../../outside", "1"),
    ...sample("/etc/absolute", "2"),
    ...sample("C:\\absolute", "3"),
    { name: "link.png", type: "2", link: "/etc/passwd" },
    { name: "link.json", content: row("4") },
    ...sample("twice", "5"),
    { name: "twice.json", content: row("6") },
    ...sample("good", "7"),
  );
  const items = await readAll(file);
  expect(
    items.map((item) => (item.type === "rejected" ? `${item.rejected.rowId} ${item.rejected.code}` : "sample")),
  ).toEqual([
    "../../outside path-outside-dataset",
    "/etc/absolute path-outside-dataset",
    "C:\\absolute path-outside-dataset",
    "link wrong-type",
    "twice wrong-type",
    "sample",
  ]);
  expect(items[0]).toMatchObject({
    rejected: { reason: 'expected members named within the archive; found "../../outside.png", which leaves it.' },
  });
});

test("videos, audio, JSON that is none and text that is not UTF-8 cost their sample alone", async () => {
  const bad = Buffer.from('{"problem": "\xff", "answer": "1"}', "latin1");
  const file = await write(
    { name: "1.mp4", content: "a film" },
    { name: "1.json", content: row("1") },
    ...sample("2", "2"),
    { name: "2.flac", content: "a song" },
    { name: "3.json", content: "[1]" },
    { name: "4.json", content: bad },
    { name: "5.json", content: row("5") },
    ...sample("6", "6"),
  );
  expect(await codes(file)).toEqual(["has-video", "has-audio", "wrong-type", "invalid-utf8", "no-image", "6"]);
});

test.each<[string, Uint8Array, string]>([
  ["nothing", Buffer.alloc(0), "train.tar: malformed tar: expected a tar; found an empty file."],
  ["only an end mark", END, "train.tar: expected rows; found none."],
  ["text", Buffer.from("x".repeat(2000)), "expected the header of a member at byte 0; its check sum is wrong"],
  [
    "a cut header",
    Buffer.concat([...sample("1", "1").map(member), Buffer.alloc(100, 1)]),
    "expected a header at byte 2048; found the end of the file",
  ],
  [
    "a cut member",
    member({ name: "1.json", content: "x".repeat(1000) }).subarray(0, 900),
    'expected 1000 bytes of "1.json"; found the end of the file after 388',
  ],
  [
    "a link of no sample",
    archive(...sample("1", "1"), { name: "latest", type: "2", link: "/" }),
    'expected files and folders; found "latest", which is a link',
  ],
  [
    "a hostile member of no sample",
    archive(...sample("1", "1"), { name: "../../.bashrc", content: "rm -rf" }),
    'expected names within the archive; found "../../.bashrc", which leaves it',
  ],
  ["a sparse member", archive({ name: "1.json", type: "S" }), 'expected whole members; found the sparse one "1.json"'],
])("%s is refused in one sentence", async (_, content, message) => {
  const file = await writeData(content, "train.tar");
  await expect(openDataset(file)).rejects.toMatchObject({ code: "input", message: expect.stringContaining(message) });
});

test("a member that says it is larger than 256 MiB is refused before it is read", async () => {
  const large = member({ name: "1.png" });
  large.write("77777777777\0", 124);
  large.write("        ", 148);
  large.write(
    `${large
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  const file = await writeData(large, "train.tar");
  await expect(openDataset(file)).rejects.toThrow('expected members of at most 256 MiB; "1.png" has 8589934591 bytes');
});

test("a tar damaged at any byte is refused by name, or read, but never crashes", async () => {
  const whole = archive(...sample("1", "1"), ...sample("2", "2"));
  const end = whole.length - END.length;
  for (let at = 0; at < end; at += 37) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] as number) ^ (at % 255 || 1);
    const file = await writeData(bytes, "train.tar");
    try {
      await readAll(file, { fields: { question: "problem", answer: "answer" } });
    } catch (error) {
      expect(error).toMatchObject({ name: "WinnowError", code: "input" });
    }
  }
});

test("a tar of images beside JSON is asked about, since it may hold no rows", async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, "images.tar"), archive({ name: "1.png", content: png() }));
  await writeFile(path.join(folder, "rows.json"), `[${row("1", { image: "1.png" })}]`);
  await expect(openDataset(folder)).rejects.toThrow("found images.tar and rows.json. Name one of them");
});
