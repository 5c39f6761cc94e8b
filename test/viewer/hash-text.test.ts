import fc from "fast-check";
import { expect, test } from "vitest";
import { hashText } from "../../src/lib/hash-text.ts";
import { hashText as hashInBrowser } from "../../viewer/src/hash-text.ts";

test("the browser hashes every text as Node does, so that ties fall the same way", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 64 }), (text, digits) => {
      expect(hashInBrowser(text, digits)).toBe(hashText(text, digits));
    }),
  );
});
