import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { FieldNames, ReadItem } from "../../src/formats/format.ts";
import { openDataset } from "../../src/formats/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { bomb, png } from "./pictures.ts";

const PNG = png().toString("base64");

async function writeData(content: string | Uint8Array, name = "data.jsonl"): Promise<string> {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, content);
  return file;
}

async function readAll(where: string, fields: FieldNames = {}): Promise<ReadItem[]> {
  await using dataset = await openDataset(where, { fields });
  const items: ReadItem[] = [];
  for await (const item of dataset.read()) items.push(item);
  return items;
}

async function readRow(row: object): Promise<ReadItem | undefined> {
  const whole = { question: "How many?", answer: "3", image: PNG, ...row };
  return (await readAll(await writeData(`${JSON.stringify(whole)}\n`)))[0];
}

/** `code: reason` of a rejected row, or the sample. */
async function outcome(row: object): Promise<unknown> {
  const item = await readRow(row);
  return item?.type === "rejected" ? `${item.rejected.code}: ${item.rejected.reason}` : item?.sample;
}

describe("images", () => {
  test("a bare string is one image, a list of one the same", async () => {
    const one = await outcome({ image: PNG });
    expect(one).toMatchObject({ question: "<image>\nHow many?", images: [{ width: 4, height: 3 }] });
    expect(await outcome({ image: [PNG] })).toEqual(one);
  });

  test("pictures of 5×5 pixels, with a palette, of one bit, and with a wrong name are good pictures", async () => {
    for (const [bytes, width] of [
      [png({ width: 5, height: 5 }), 5],
      [png({ palette: true, bits: 1, width: 9 }), 9],
      [png({ bits: 1, width: 17 }), 17],
    ] as const) {
      expect(await outcome({ image: { bytes: bytes.toString("base64"), path: "wrong.jpg" } })).toMatchObject({
        images: [{ width, mediaType: "image/png" }],
      });
    }
  });

  test("none, null and an empty list are no image", async () => {
    for (const image of [null, [], "", [null], { bytes: null, path: null }]) {
      expect(await outcome({ image })).toMatch(/^no-image: expected an image; found/);
    }
  });

  test("a truncated one is unreadable, though its header is whole", async () => {
    const cut = png().subarray(0, 50).toString("base64");
    expect(await outcome({ image: { bytes: cut } })).toBe(
      "image-unreadable: expected a whole image; image/png of 50 bytes ends before its IEND chunk.",
    );
  });

  test("text that is no picture is unreadable", async () => {
    expect(await outcome({ image: { bytes: Buffer.from("hello").toString("base64") } })).toBe(
      "image-unreadable: expected a PNG, JPEG, GIF, WebP, BMP or TIFF image; has 5 bytes starting with 68656c6c6f.",
    );
    expect(await outcome({ image: "data:image/png,notbase64" })).toMatch(
      /^image-unreadable: expected a base64 data URI/,
    );
    expect(await outcome({ image: { bytes: "!!!!" } })).toMatch(/^image-unreadable: expected base64/);
  });

  test("one of more than 64 megapixels is rejected by its header alone", async () => {
    expect(await outcome({ image: bomb(8000, 8001).toString("base64") })).toBe(
      "image-too-large: expected at most 64000000 pixels; image has 8000 × 8001 = 64008000.",
    );
    expect(await outcome({ image: bomb(8000, 8000).toString("base64") })).toMatchObject({ images: [{ width: 8000 }] });
    expect(await outcome({ image: bomb(0, 5).toString("base64") })).toMatch(/^image-unreadable: .* 0 × 5 pixels/);
  });

  test("an image of another type is named", async () => {
    expect(await outcome({ image: 7 })).toMatch(/^image-missing/);
    expect(await outcome({ image: true })).toMatch(/^wrong-type: .* found a boolean/);
    expect(await outcome({ image: { url: "x" } })).toMatch(/^wrong-type/);
    expect(await outcome({ image: "https://example.org/a.png" })).toMatch(/^image-remote/);
  });
});

describe("paths", () => {
  test("those that leave the dataset's folder are rejected without being read", async () => {
    const outer = await temporaryFolder();
    const folder = path.join(outer, "set");
    await mkdir(folder);
    await writeFile(path.join(outer, "secret.png"), png());
    await symlink(path.join(outer, "secret.png"), path.join(folder, "link.png"));
    await symlink(outer, path.join(folder, "up"));
    const names = [
      "../secret.png",
      path.join(outer, "secret.png"),
      "link.png",
      "up/secret.png",
      "C:\\secret.png",
      "..",
    ];
    const file = path.join(folder, "data.jsonl");
    await writeFile(file, names.map((image) => JSON.stringify({ question: "q", answer: "1", image })).join("\n"));
    const items = await readAll(file);
    expect(items.map((item) => (item.type === "rejected" ? item.rejected.code : "sample"))).toEqual(
      names.map(() => "path-outside-dataset"),
    );
    await using dataset = await openDataset(file);
    const written = await dataset.writeSubset(
      new Map([["data.jsonl", new Set([0, 1, 2, 3])]]),
      path.join(outer, "out"),
    );
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
});

describe("questions and answers", () => {
  test("placeholders must be as many as images", async () => {
    expect(await outcome({ question: "<image> and <image>?" })).toBe(
      "placeholder-count: expected one <image> per image; found 2 in the question and 1 image.",
    );
    expect(await outcome({ question: "<image> q", image: [PNG, PNG] })).toMatch(/found 1 in the question and 2 images/);
    expect(await outcome({ question: "a <image> b" })).toMatchObject({ question: "a <image> b" });
  });

  test("an empty question, or one of placeholders alone, is rejected", async () => {
    for (const question of [null, "", " \n", "<image>"]) expect(await outcome({ question })).toMatch(/^empty-question/);
  });

  test("null, NaN and blank are no answer; numbers keep their text", async () => {
    for (const answer of [null, "", "  "]) expect(await outcome({ answer })).toMatch(/^no-answer/);
    const row = (answer: string) => `{"question": "q", "image": "${PNG}", "answer": ${answer}}`;
    const items = await readAll(
      await writeData(["NaN", "-Infinity", "1.0", "1e400", "12345678901234567890", "true"].map(row).join("\n")),
    );
    expect(items.map((item) => (item.type === "sample" ? item.sample.groundTruth : item.rejected.code))).toEqual([
      "no-answer",
      "no-answer",
      "1.0",
      "1e400",
      "12345678901234567890",
      "true",
    ]);
  });

  test("a solution gives what stands between its answer tags", async () => {
    expect(await outcome({ answer: "<think>..</think><answer> x </answer>" })).toMatchObject({ groundTruth: "x" });
  });

  test("an object or a list of two as text is a wrong type", async () => {
    expect(await outcome({ answer: { a: 1 } })).toBe("wrong-type: expected the answer as text; found an object.");
    expect(await outcome({ question: ["a", "b"] })).toMatch(/^wrong-type: .* found a list of 2/);
  });

  test("both `answer` and `ground_truth` are asked about, and either can be named", async () => {
    const file = await writeData(`{"question": "q", "answer": "1", "ground_truth": "2", "image": "${PNG}"}`);
    await expect(openDataset(file)).rejects.toThrow(
      "data.jsonl: 2 columns could hold the answer: `answer`, `ground_truth`. Name the right one with --answer COLUMN",
    );
    expect(await readAll(file, { answer: "ground_truth" })).toMatchObject([{ sample: { groundTruth: "2" } }]);
  });

  test("choices come as a list or by letter; other things are none", async () => {
    expect(await outcome({ choices: ["x", 2] })).toMatchObject({ choices: ["x", "2"] });
    expect(await outcome({ options: { B: "b", A: "a" } })).toMatchObject({ choices: ["a", "b"] });
    expect(await outcome({ choices: "a, b" })).not.toHaveProperty("choices");
    expect(await outcome({ choices: null })).not.toHaveProperty("choices");
  });
});

describe("rows that resemble each other", () => {
  const ids = async (...rows: readonly object[]) => {
    const whole = rows.map((row) => JSON.stringify({ question: "How many?", answer: "3", image: PNG, ...row }));
    const items = await readAll(await writeData(`${whole.join("\n")}\n`));
    return items.map((item) => (item.type === "rejected" ? item.rejected.code : item.sample.id));
  };

  test("duplicate samples are both read, and share an id", async () => {
    const [one, other] = await ids({}, {});
    expect(one).toMatch(/^[0-9a-f]{32}$/);
    expect(other).toBe(one);
  });

  test("the same text with another image is another sample, with another id", async () => {
    const [one, other] = await ids({}, { image: png({ width: 9 }).toString("base64") });
    expect([one, other]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(other).not.toBe(one);
  });
});

describe("files", () => {
  test("a line that is not UTF-8 costs its row alone", async () => {
    const good = Buffer.from(`{"question": "q", "answer": "1", "image": "${PNG}"}\n`);
    const bad = Buffer.from(good);
    bad[14] = 0xff;
    const items = await readAll(await writeData(Buffer.concat([good, bad, good])));
    expect(items.map((item) => (item.type === "sample" ? item.sample.source.row : item.rejected.code))).toEqual([
      0,
      "invalid-utf8",
      2,
    ]);
  });

  test("a line of 100 MB is a row like another, and comes back whole", async () => {
    const long = `{"question": "q", "answer": "1", "image": "${PNG}", "log": "${"x".repeat(1e8)}"}\n`;
    const file = await writeData(`{"question": "q", "answer": "1", "image": null}\n${long}`);
    await using dataset = await openDataset(file);
    expect((await readAll(file)).map(({ type }) => type)).toEqual(["rejected", "sample"]);
    const out = path.join(await temporaryFolder(), "out");
    await dataset.writeSubset(new Map([["data.jsonl", new Set([1])]]), out);
    const { readFile } = await import("node:fs/promises");
    expect((await readFile(path.join(out, "data.jsonl"))).equals(Buffer.from(long))).toBe(true);
  });

  test("200 shards, by a glob or in folders, are one dataset; a subset has the shards it draws on", async () => {
    const folder = await temporaryFolder();
    const names = Array.from(
      { length: 200 },
      (_, shard) => `part-${shard % 4}/train-${String(shard).padStart(5, "0")}-of-00200.jsonl`,
    );
    for (const part of [0, 1, 2, 3]) await mkdir(path.join(folder, `part-${part}`));
    for (const [shard, name] of names.entries()) {
      await writeFile(
        path.join(folder, name),
        `{"id": ${shard}, "question": "q${shard}", "answer": "1", "image": "${PNG}"}\n`,
      );
    }
    for (const where of [folder, path.join(folder, "part-*", "train-*-of-00200.jsonl")]) {
      await using dataset = await openDataset(where);
      expect(dataset.rows).toBe(200);
      const out = path.join(await temporaryFolder(), "out");
      const written = await dataset.writeSubset(
        new Map([names[7], names[198]].map((name) => [name ?? "", new Set([0])])),
        out,
      );
      expect(written.files).toEqual([names[198], names[7]]);
      expect(await readAll(out)).toMatchObject([{ sample: { rowId: "198" } }, { sample: { rowId: "7" } }]);
    }
  });

  test.each([
    ["data.jsonl", "", "data.jsonl: expected JSON rows; found an empty file."],
    ["data.jsonl", " \n\n", "data.jsonl: expected JSON rows; found nothing but space."],
    ["data.jsonl", "hello", 'data.jsonl: expected JSON starting with { or [; found "hello".'],
    [
      "data.jsonl",
      '{"question": "q"}\n{"question": \n',
      "data.jsonl, line 2: expected one JSON object; expected a value at byte 14; found the end.",
    ],
    [
      "data.jsonl",
      '{"a": 1}\n[1]\n',
      'data.jsonl, line 2: expected one JSON object; expected an object at byte 0; found "[".',
    ],
    [
      "data.json",
      '[{"a": 1}, 2]',
      'data.json: malformed JSON: expected an object as a row at row 1, byte 11; found "2".',
    ],
    ["data.json", '[{"a": 1}', "data.json: malformed JSON: expected ] after row 1; found the end of the file, byte 9."],
    ["data.json", '[["a"]]', "data.json: no column looks like the question (expected one of problem, question,"],
    ["data.json", '["a"]', 'data.json: malformed JSON: expected an object as a row at row 0, byte 1; found "\\"".'],
    [
      "data.json",
      '{"x": {"a": 1}, "y": 3}',
      'data.json: malformed JSON: expected an object as a row at row 1, byte 21; found "3".',
    ],
    ["data.json", "[]", "data.json: expected rows; found none."],
    ["data.parquet", "", "data.parquet: malformed Parquet: expected a Parquet file; found an empty file."],
    [
      "data.parquet",
      "PAR1 no parquet PAR!",
      'data.parquet: malformed Parquet: expected "PAR1" at the start and the end',
    ],
    ["data.txt", "x", "expected .parquet, .jsonl, .jsonl.gz, .jsonl.zst, .ndjson,"],
    [
      "data.jsonl",
      '{"question": "q", "answer": "1"}',
      "data.jsonl: no column looks like the images (expected one of images, image,",
    ],
  ])("%s holding %j is refused in one sentence", async (name, content, message) => {
    const file = await writeData(content, name);
    await expect(openDataset(file)).rejects.toMatchObject({ code: "input", message: expect.stringContaining(message) });
  });

  test("a column that is not there is named, with those that are", async () => {
    const file = await writeData('{"question": "q", "answer": "1", "image": "a.png"}');
    await expect(openDataset(file, { fields: { answer: "gold" } })).rejects.toThrow(
      "data.jsonl: there is no column `gold` for `fields.answer`; found `question`, `answer`, `image`.",
    );
  });

  test("a folder gives its data files; several formats or splits are asked about", async () => {
    const folder = await temporaryFolder();
    const row = '{"question": "q", "answer": "1", "image": "a.png"}\n';
    await expect(openDataset(folder)).rejects.toThrow("expected data files");
    await expect(openDataset(path.join(folder, "none"))).rejects.toThrow("found nothing there");
    for (const name of ["README.md", "winnow.yaml", "dataset_info.json"]) await writeFile(path.join(folder, name), "x");
    await writeFile(path.join(folder, "train-1.jsonl"), row);
    await writeFile(path.join(folder, "train-0.jsonl"), row + row);
    expect((await readAll(folder)).map((item) => item.type === "rejected" && item.rejected.source)).toEqual([
      { file: "train-0.jsonl", row: 0 },
      { file: "train-0.jsonl", row: 1 },
      { file: "train-1.jsonl", row: 0 },
    ]);
    await writeFile(path.join(folder, "test.jsonl"), row);
    await expect(openDataset(folder)).rejects.toThrow("expected one split; found test, train");
    expect(await readAll(path.join(folder, "train-*.jsonl"))).toHaveLength(3);
    expect(await readAll(path.join(folder, "{test,train-1}.json?"))).toHaveLength(2);
  });

  test("a subset of JSON keeps each row's own text", async () => {
    const rows = [
      '{"question":"a", "answer": 1.0,"image":"x"}',
      '{ "question" : "b","answer":1e400, "image": "y"}',
      '{"question":"c","answer":2,"image":"z"}',
    ];
    const out = path.join(await temporaryFolder(), "out");
    const file = await writeData(`\uFEFF[ ${rows.join("\n , ")}\n]\n`, "rows.json");
    await using dataset = await openDataset(file);
    await dataset.writeSubset(new Map([["rows.json", new Set([1, 2])]]), out);
    expect(await readFile(path.join(out, "rows.json"), "utf8")).toBe(`\uFEFF[ ${rows[1]}\n , ${rows[2]}\n]\n`);
  });

  test("an array of lists has columns by number, and a subset keeps each list's own text", async () => {
    const rows = ['["a", 1.0, "x"]', '[ "b", [2], "y" ]', '["c", 3, "z"]'];
    const out = path.join(await temporaryFolder(), "out");
    const file = await writeData(`[${rows.join(", ")}]`, "rows.json");
    const fields = { question: "0", answer: "1", images: "2" };
    await using dataset = await openDataset(file, { fields });
    await dataset.writeSubset(new Map([["rows.json", new Set([0, 1])]]), out);
    expect(await readFile(path.join(out, "rows.json"), "utf8")).toBe(`[${rows[0]}, ${rows[1]}]`);
  });

  test("an object around `data` keeps its other members in a subset, however many rows are left", async () => {
    const row = (id: number) => JSON.stringify({ id, question: "How many [?", answer: "3", image: PNG });
    const wrap = (rows: string) => `\uFEFF{ "data": [${rows}], "version": [1.0, {"n": "]"}] }\n`;
    const file = await writeData(wrap(`\n ${row(0)},\n ${row(1)}\n`), "data.json");
    await using dataset = await openDataset(file);
    expect([dataset.format, dataset.rows, (await readAll(file)).length]).toEqual(["json", 2, 2]);
    for (const [kept, rows] of [
      [[1], `\n ${row(1)}\n`],
      [[0, 1], `\n ${row(0)},\n ${row(1)}\n`],
    ] as const) {
      const folder = await temporaryFolder();
      await dataset.writeSubset(new Map([["data.json", new Set<number>(kept)]]), folder);
      expect(await readFile(path.join(folder, "data.json"), "utf8")).toBe(wrap(rows));
    }
  });

  test("an object around `data` that does not end is refused by name", async () => {
    const file = await writeData(`{"data": [{"question": "a", "answer": "b"}], "version": 1`, "data.json");
    await expect(openDataset(file)).rejects.toThrow("data.json: malformed JSON: expected } after the array `data`");
  });

  test("a subset of JSON lines keeps byte order mark, line breaks and a missing last one", async () => {
    const row = (id: number) => `{"id": ${id}, "question": "q", "answer": "1", "image": "x"}`;
    const out = path.join(await temporaryFolder(), "out");
    const file = await writeData(`\uFEFF${row(0)}\r\n\r\n${row(1)}\n${row(2)}`);
    await using dataset = await openDataset(file);
    await dataset.writeSubset(new Map([["data.jsonl", new Set([1, 2])]]), out);
    expect(await readFile(path.join(out, "data.jsonl"), "utf8")).toBe(`\uFEFF${row(1)}\n${row(2)}`);
  });
});
