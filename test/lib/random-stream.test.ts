import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { randomStream } from "../../src/lib/random-stream.ts";

function take(name: string, count: number): number[] {
  const next = randomStream(name);
  return Array.from({ length: count }, next);
}

test("the same name gives the same numbers, for ever", () => {
  expect(take("0/sample/image/0", 3)).toEqual(take("0/sample/image/0", 3));
  const digest = createHash("sha256")
    .update(JSON.stringify(take("winnow", 1000)))
    .digest("hex");
  expect(digest.slice(0, 16)).toBe("8ef49c1c76d71727");
});

test("different names give different numbers in [0, 1)", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      fc.pre(a !== b);
      const [first, second] = [take(a, 4), take(b, 4)];
      expect(first).not.toEqual(second);
      for (const uniform of [...first, ...second]) expect(uniform >= 0 && uniform < 1).toBe(true);
    }),
  );
});

test("20,000 numbers fill ten bins evenly", () => {
  const bins = new Array<number>(10).fill(0);
  for (const uniform of take("even", 20_000))
    bins[Math.floor(uniform * 10)] = (bins[Math.floor(uniform * 10)] as number) + 1;
  // Chi-square with 9 degrees of freedom: 27.9 at p = 0.001.
  const chiSquare = bins.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  expect(chiSquare).toBeLessThan(27.9);
});
