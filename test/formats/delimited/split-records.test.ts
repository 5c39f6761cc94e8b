import fc from "fast-check";
import { expect, test } from "vitest";
import { readCell, readText } from "../../../src/formats/delimited/read-cell.ts";
import { splitRecords } from "../../../src/formats/delimited/split-records.ts";

/** A text in pieces of so many bytes. */
async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function split(text: string | Buffer, delimiter = ",", size = 2 ** 20): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const { bytes, cells } of splitRecords(pieces(Buffer.from(text), size), delimiter.charCodeAt(0))) {
    rows.push(cells.map((cell) => readText(bytes, cell)));
  }
  return rows;
}

const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;

test("any table that is quoted where it must be comes apart into its own cells, in whatever pieces it comes", async () => {
  const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r", "é", " ", "x") });
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      table,
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.boolean(),
      fc.integer({ min: 1, max: 40 }),
      async (rows, feed, always, size) => {
        const write = (text: string) => (always || /[",\r\n]/.test(text) ? quote(text) : text);
        const text = rows.map((row) => row.map(write).join(",") + feed).join("");
        expect(await split(text, ",", size)).toEqual(rows);
        expect(await split(`\uFEFF${text}`, ",", size)).toEqual(rows);
      },
    ),
  );
});

test("the records' bytes, one after the other, are the file's, blank lines and byte order mark aside", async () => {
  const text = 'a,b\r\n"1\n2",3\n4,5\r6,"7"';
  const parts: string[] = [];
  const places: unknown[] = [];
  for await (const { bytes, offset, line } of splitRecords(pieces(Buffer.from(text), 3), 0x2c)) {
    parts.push(bytes.toString());
    places.push([offset, line]);
  }
  expect(parts).toEqual(["a,b\r\n", '"1\n2",3\n', "4,5\r", '6,"7"']);
  expect(places).toEqual([
    [0, 1],
    [5, 2],
    [13, 4],
    [17, 5],
  ]);
});

test("a quote within a cell is a character, and text after a closing quote belongs to the cell, as in pandas", async () => {
  expect(await split('5" wide,"a"b,""\n')).toEqual([['5" wide', "ab", ""]]);
});

test("blank lines are no records; a lone delimiter is one of two empty cells", async () => {
  expect(await split("\n  \na,b\n\n,\n \r\n")).toEqual([
    ["a", "b"],
    ["", ""],
  ]);
});

test("a cell of megabytes is searched once, not once for every piece", async () => {
  const long = "x".repeat(5_000_000);
  expect(await split(`a,b\n${long},"${long}\n"\n`, ",", 1000)).toEqual([
    ["a", "b"],
    [long, `${long}\n`],
  ]);
});

test("a quote that is not closed is named with its line", async () => {
  await expect(split('a,b\n1,2\n3,"4\n5,6\n')).rejects.toThrow(
    "expected the quote that opens in line 3 or after it to be closed; found the end of the file",
  );
});

test("what pandas takes for missing is null, quoted or not; a word that holds it is not", () => {
  const read = (text: string) => readCell(Buffer.from(text), { start: 0, end: Buffer.byteLength(text) });
  for (const text of ["", '""', "NaN", "nan", "NA", "N/A", "None", "null", '"None"']) expect(read(text)).toBeNull();
  for (const text of ["none", "nan ", "None of them", "0", "-"]) expect(read(text)).toBe(text);
});
