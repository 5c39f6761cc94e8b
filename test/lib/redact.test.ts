import { expect, test } from "vitest";
import { randomStream } from "../../src/lib/random-stream.ts";
import { redact } from "../../src/lib/redact.ts";

/** 8 to 64 printable characters, every one that means something to an expression, JSON, HTML or an address among them. */
function randomKey(random: () => number): string {
  const hostile = "$&\\\"'`^*+?.()[]{}|/%#<>=:;,~!@-_u0";
  const pick = (): string =>
    random() < 0.5
      ? (hostile[Math.floor(random() * hostile.length)] as string)
      : String.fromCharCode(33 + Math.floor(random() * 94));
  return Array.from({ length: 8 + Math.floor(random() * 57) }, pick).join("");
}

const ESCAPES: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => JSON.stringify(text).slice(1, -1),
  (text) => JSON.stringify(text).slice(1, -1).replaceAll("/", "\\/"),
  (text) => encodeURIComponent(text),
  (text) => text.replace(/[\s\S]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`),
  (text) => text.replace(/[\s\S]/g, (one) => `%${one.charCodeAt(0).toString(16).padStart(2, "0")}`),
  (text) => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`),
];

test("no random key survives in a text, however it is escaped there, twice over", () => {
  const random = randomStream("redact");
  for (let round = 0; round < 400; round += 1) {
    const key = randomKey(random);
    for (const [outer, write] of ESCAPES.entries()) {
      const inner = Math.floor(random() * ESCAPES.length);
      const text = `Incorrect key: ${write((ESCAPES[inner] as (typeof ESCAPES)[0])(`Bearer ${key}!`))} given.`;
      const shown = redact(text, key);
      expect(
        ESCAPES.some((escaped) => shown.includes(escaped(key))),
        `${key} by ${outer} of ${inner}: ${shown}`,
      ).toBe(false);
      expect(shown).toContain("[key]");
    }
  }
});

test("a text without the key, or without one to hide, stays as it is", () => {
  const text = 'a 100% \\u0041 \\"quoted\\" &amp; text';
  expect(redact(text, "sk-1")).toBe(text);
  expect(redact(text, undefined)).toBe(text);
  expect(redact(text, "")).toBe(text);
});

test("a key within the mark itself ends the search", () => {
  expect(redact("%65 and e", "e").length).toBeLessThan(200);
});
