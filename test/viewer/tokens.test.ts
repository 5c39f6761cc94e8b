import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync("viewer/src/tokens.css", "utf8");
const SIDES = ["light", "dark"] as const;
type Side = (typeof SIDES)[number];

/** A colour token on one side, as `#rrggbb`, through `var()`. */
function colour(name: string, side: Side): string {
  const value = new RegExp(`--${name}: ([^;]+);`).exec(css)?.[1] ?? "";
  const other = /^var\(--([\w-]+)\)$/.exec(value)?.[1];
  if (other !== undefined) return colour(other, side);
  const pair = /^light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)$/.exec(value);
  if (pair === null) throw new Error(`--${name} is no pair of colours: ${value}`);
  return pair[side === "light" ? 1 : 2] as string;
}

/** Relative luminance and contrast of WCAG 2.2. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

test("white on black has a contrast of 21", () => {
  expect(contrast("#ffffff", "#000000")).toBeCloseTo(21);
});

test.each(SIDES)("text reads on its surfaces, %s", (side) => {
  const names = [
    "ink",
    "ink-muted",
    "accent",
    "correct",
    "wrong",
    "ungradable",
    "threshold",
    "replacement",
    "selected",
  ];
  const pairs = names.flatMap((ink) => ["paper", "sunken"].map((surface) => [ink, surface] as const));
  for (let step = 0; step <= 6; step += 1) pairs.push([`heat-ink-${step}`, `heat-${step}`]);
  const faint = pairs.filter(([ink, surface]) => contrast(colour(ink, side), colour(surface, side)) < 4.5);
  expect(faint).toEqual([]);
});

test.each(SIDES)("marks stand out from the paper, and kept ones from dropped ones, %s", (side) => {
  const marks = ["selected", "replacement", "threshold", "arm-image", "arm-text", "line-strong"];
  expect(marks.filter((mark) => contrast(colour(mark, side), colour("paper", side)) < 3)).toEqual([]);
  expect(contrast(colour("selected", side), colour("dropped", side))).toBeGreaterThan(2);
});

test.each(SIDES)("heat changes luminance in one direction, %s", (side) => {
  const steps = Array.from({ length: 7 }, (_, step) => luminance(colour(`heat-${step}`, side)));
  const rising = side === "light" ? steps.toReversed() : steps;
  expect(rising).toEqual([...rising].sort((a, b) => a - b));
});

test("no token is named twice", () => {
  const names = [...css.matchAll(/^\s+(--[\w-]+):/gm)].map((match) => match[1]);
  expect(new Set(names).size).toBe(names.length);
});
