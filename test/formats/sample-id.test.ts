import fc from "fast-check";
import { expect, test } from "vitest";
import { sampleId } from "../../src/formats/sample-id.ts";

const image = (bytes: Uint8Array) => ({ bytes, width: 1, height: 1, mediaType: "image/png" });
const content = fc.record({
  question: fc.string({ unit: "grapheme", maxLength: 4 }),
  images: fc.array(fc.uint8Array({ maxLength: 3 }).map(image), { maxLength: 2 }),
  groundTruth: fc.string({ maxLength: 3 }),
  rowId: fc.option(fc.string({ maxLength: 2 }), { nil: undefined }),
});

test("an id is 32 hex digits and the same every time", () => {
  const sample = { question: "How many?", images: [image(Uint8Array.of(1, 2))], groundTruth: "3" };
  expect(sampleId(sample)).toMatch(/^[0-9a-f]{32}$/);
  expect(sampleId(sample)).toBe(sampleId(structuredClone(sample)));
});

test("two samples share an id only when question, images, answer and row id are equal", () => {
  const key = ({ question, images, groundTruth, rowId }: typeof content extends fc.Arbitrary<infer T> ? T : never) =>
    JSON.stringify([question, images.map(({ bytes }) => [...bytes]), groundTruth, rowId ?? null]);
  fc.assert(
    fc.property(content, content, (a, b) => {
      const id = (sample: typeof a) =>
        sampleId({ ...sample, ...(sample.rowId === undefined ? {} : { rowId: sample.rowId }) } as never);
      expect(id(a) === id(b)).toBe(key(a) === key(b));
    }),
  );
});

test("moving a byte from one field to the next changes the id", () => {
  const of = (question: string, groundTruth: string) => sampleId({ question, images: [], groundTruth });
  expect(of("ab", "c")).not.toBe(of("a", "bc"));
  expect(sampleId({ question: "q", images: [], groundTruth: "1", rowId: "" })).not.toBe(of("q", "1"));
});
