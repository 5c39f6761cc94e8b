import { expect, test } from "vitest";
import { estimateTokens } from "../../src/stages/estimate-tokens.ts";

const size = (bytes: number, pixels: number, images = 1) => ({ bytes, pixels, images });
const counted = (bytes: number, pixels: number, textTokens: number, imageTokens: number) => ({
  ...size(bytes, pixels),
  textTokens,
  imageTokens,
});

test("image tokens that grow with the pixels are estimated by the most a pixel", () => {
  // At most 0.3 tokens a byte and 0.01 a pixel.
  const asked = [counted(100, 10_000, 30, 100), counted(200, 40_000, 40, 300)];
  const sizes = [...Array(98).fill(size(100, 10_000)), size(1000, 10_000), size(100, 90_000)];
  // 30 + 100; 300 + 100; 30 + 900.
  expect(estimateTokens(sizes, asked, 399)).toEqual({ p50: 130, p90: 130, p99: 930, max: 930, over: 2 });
  expect(estimateTokens(sizes, asked, 400).over).toBe(1);
});

test("images of unlike sizes that take the same number of tokens take it each", () => {
  const asked = [counted(100, 10_000, 30, 576), counted(100, 40_000, 30, 576)];
  const sizes = [size(100, 10), size(100, 1_000_000), size(100, 2_000_000, 2)];
  expect(estimateTokens(sizes, asked, 1000)).toEqual({ p50: 606, p90: 1182, p99: 1182, max: 1182, over: 1 });
});

test("nothing to estimate is nothing", () => {
  expect(estimateTokens([], [], 10)).toEqual({ p50: 0, p90: 0, p99: 0, max: 0, over: 0 });
});
