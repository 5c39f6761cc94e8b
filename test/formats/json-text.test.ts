import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonSyntaxError, scanObject } from "../../src/formats/json/scan-json.ts";
import { splitLines } from "../../src/formats/json/split-lines.ts";
import { splitRows } from "../../src/formats/json/split-rows.ts";

const object = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());

/** A text in pieces, cut at the given places. */
async function* pieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (const [index, start] of places.slice(0, -1).entries()) yield bytes.subarray(start, places[index + 1]);
}

test("the members of any object are found where JSON.parse finds them", () => {
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 2), (value, indent) => {
      const bytes = Buffer.from(JSON.stringify(value, null, indent));
      const found = scanObject(bytes).map(({ key, start, end }) => [
        key,
        JSON.parse(bytes.toString("utf8", start, end)),
      ]);
      expect(found).toEqual(Object.entries(JSON.parse(bytes.toString())));
    }),
  );
});

test("what JSON.parse refuses is refused, NaN and Infinity aside", () => {
  const edit = fc.tuple(object, fc.nat(), fc.constantFrom(...'{}[],:"\\0a- '));
  fc.assert(
    fc.property(edit, ([value, at, character]) => {
      const text = JSON.stringify(value);
      const edited = text.slice(0, at % text.length) + character + text.slice((at % text.length) + 1);
      let valid = true;
      try {
        const parsed: unknown = JSON.parse(edited);
        valid = typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
      } catch {
        valid = false;
      }
      const scan = () => scanObject(Buffer.from(edited));
      if (valid) scan();
      else expect(scan).toThrow(JsonSyntaxError);
    }),
    { numRuns: 500 },
  );
});

test("too many levels are refused, not a crash", () => {
  expect(() => scanObject(Buffer.from(`{"a": ${"[".repeat(100_000)}`))).toThrow("at most 1000 levels");
});

test("rows of an array, and what is between them, put together give the file, however it is cut", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(object, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 5 }), async (rows, cuts) => {
      const bytes = Buffer.from(`\uFEFF ${JSON.stringify(rows, null, 1)}\n`);
      const parts = [];
      for await (const part of splitRows(pieces(bytes, cuts), "[")) parts.push(part);
      const whole = parts.flatMap((part) => (part.type === "row" ? [part.gap, part.bytes] : [part.bytes]));
      expect(Buffer.concat(whole).equals(bytes)).toBe(true);
      expect(parts.flatMap((part) => (part.type === "row" ? [JSON.parse(part.bytes.toString())] : []))).toEqual(
        JSON.parse(JSON.stringify(rows)),
      );
    }),
  );
});

test("lines keep their breaks and numbers, however the file is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("{}", "", " ", '{"a":1}'), { maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 5 }),
      async (rows, cuts) => {
        const lines = [];
        for await (const line of splitLines(pieces(Buffer.from(rows.join("\r\n")), cuts)))
          lines.push([line.number, line.bytes.toString()]);
        const expected = rows.map((row, index) => [
          index + 1,
          row + (index < rows.length - 1 ? "\r\n" : ""),
          row.trim(),
        ]);
        expect(lines).toEqual(expected.filter(([, , text]) => text !== "").map(([number, text]) => [number, text]));
      },
    ),
  );
});
