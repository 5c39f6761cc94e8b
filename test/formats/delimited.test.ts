import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../../src/formats/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { png } from "./pictures.ts";
import { PNG, readAll, writeData } from "./traps/rows.ts";

test("columns under their usual names are found, paths and lists of them read, and the images copied", async () => {
  const folder = path.join(await temporaryFolder(), "set");
  await mkdir(path.join(folder, "images"), { recursive: true });
  for (const name of ["a", "b", "c"]) await writeFile(path.join(folder, "images", `${name}.png`), png());
  const text =
    `problem,answer,images,choices,level\r\n` +
    `"How many, then?",3.0,images/a.png,,1\r\n` +
    `Which?,B,"['images/b.png', 'images/c.png']","[""x"", 'y']",NaN\r\n`;
  await writeFile(path.join(folder, "train.csv"), text);
  await using dataset = await openDataset(folder);
  expect([dataset.format, dataset.dialect, dataset.rows]).toEqual(["csv", "plain", 2]);
  expect(await readAll(folder)).toMatchObject([
    { sample: { question: "<image>\nHow many, then?", groundTruth: "3.0", images: [{}] } },
    { sample: { groundTruth: "B", choices: ["x", "y"], images: [{}, {}] } },
  ]);
  const out = path.join(folder, "..", "out");
  const written = await dataset.writeSubset(new Map([["train.csv", new Set([1])]]), out);
  expect(written.files).toEqual(["train.csv", "images/b.png", "images/c.png"]);
  expect(await readFile(path.join(out, "train.csv"), "utf8")).toBe(
    text
      .split("\r\n")
      .filter((_, at) => at !== 1)
      .join("\r\n"),
  );
});

test("a semicolon or a tab stands between cells where the header has no comma", async () => {
  for (const delimiter of [";", "\t"]) {
    const text = `question${delimiter}answer${delimiter}image\nq, really${delimiter}1${delimiter}${PNG}\n`;
    expect(await readAll(await writeData(text, "data.csv"))).toMatchObject([{ sample: { groundTruth: "1" } }]);
  }
});

test("a subset keeps byte order mark, quotes, spacing and a missing last line break", async () => {
  const rows = [`"q", "1" ,${PNG}\r\n`, `q,1,"${PNG}"\n`, `q,  1,${PNG}`];
  const out = path.join(await temporaryFolder(), "out");
  await using dataset = await openDataset(
    await writeData(`\uFEFFquestion,answer,image\r\n${rows.join("")}`, "data.csv"),
  );
  await dataset.writeSubset(new Map([["data.csv", new Set([0, 2])]]), out);
  expect(await readFile(path.join(out, "data.csv"), "utf8")).toBe(
    `\uFEFFquestion,answer,image\r\n${rows[0]}${rows[2]}`,
  );
});

test("a missing cell, at the end too, is null; bytes that are not UTF-8 cost their row alone", async () => {
  const good = `q,1,${PNG}\n`;
  const text = Buffer.concat([
    Buffer.from(`question,answer,image\n${good}q\nq,NaN,${PNG}\n`),
    Buffer.from(`\xff,1,${PNG}\n`, "latin1"),
    Buffer.from(good),
  ]);
  const items = await readAll(await writeData(text, "data.csv"));
  expect(items.map((item) => (item.type === "sample" ? "sample" : item.rejected.code))).toEqual([
    "sample",
    "no-answer",
    "no-answer",
    "invalid-utf8",
    "sample",
  ]);
});

test("shards may order their columns as they like, but must have those in use", async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, "train-0.csv"), `question,answer,image\nq,1,${PNG}\n`);
  await writeFile(path.join(folder, "train-1.csv"), `image,question,answer,more\n${PNG},q,2,x\n`);
  expect(await readAll(folder)).toMatchObject([{ sample: { groundTruth: "1" } }, { sample: { groundTruth: "2" } }]);
  await writeFile(path.join(folder, "train-2.csv"), `image,question\n${PNG},q\n`);
  await expect(openDataset(folder)).rejects.toThrow(
    "train-2.csv: expected the columns of train-0.csv; found no `answer`.",
  );
});

test.each([
  ["", "data.csv: expected a header that names the columns; found nothing but space."],
  ["question,answer,image\n", "data.csv: expected rows; found none."],
  ["hello\n", "data.csv: no column looks like the question"],
  ["question,answer,image\nq,1,x,y\n", "data.csv, line 2: expected at most 3 cells, as the header has; found 4."],
  [
    'question,answer,image\nq,"1,x\n',
    "data.csv: malformed text: expected the quote that opens in line 2 or after it to be closed; found the end of the file.",
  ],
  ["\xff\xfeq\0", "data.csv: expected a header in UTF-8; found bytes starting with fffe7100."],
])("%j is refused in one sentence", async (content, message) => {
  const file = await writeData(Buffer.from(content, "latin1"), "data.csv");
  await expect(openDataset(file)).rejects.toMatchObject({ code: "input", message: expect.stringContaining(message) });
});

test("a table of text beside Parquet or JSON lines is taken for a description of them", async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, "data-0.jsonl"), `{"question": "q", "answer": "1", "image": "${PNG}"}\n`);
  await writeFile(path.join(folder, "licences.csv"), "image,licence\na,b\n");
  expect((await openDataset(folder)).format).toBe("jsonl");
});
