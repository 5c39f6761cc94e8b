import { expect, test } from "vitest";
import { DataUri, renderJson } from "../../src/lib/render-json.ts";

const LENGTHS = [0, 1, 2, 3, 24_575, 24_576, 24_577, 200_000];

test("bytes come out as the data URI they name, whatever their length", () => {
  for (const length of LENGTHS) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 131) % 251);
    const { url } = JSON.parse(renderJson({ url: new DataUri("image/png", bytes) }).toString());
    expect(url).toBe(`data:image/png;base64,${Buffer.from(bytes).toString("base64")}`);
  }
});

test("a value with images among texts of any kind is what JSON.stringify makes of it", () => {
  const picture = new DataUri("image/jpeg", Uint8Array.of(0xff, 0xd8, 1));
  const texts = [
    '"quoted" \\ and\nlines',
    "größer als 漢字 😀",
    "a lone surrogate \ud83d",
    "data:image/png;base64,AAAA",
  ];
  const write = (image: unknown): unknown => ({ a: [image, texts[0], image], b: { c: texts, d: null, e: undefined } });
  expect(renderJson(write(picture)).toString()).toBe(JSON.stringify(write("data:image/jpeg;base64,/9gB")));
});

test("only the bytes of a view are written, not its whole buffer", () => {
  const view = new Uint8Array(Uint8Array.of(9, 9, 1, 2, 3, 9).buffer, 2, 3);
  expect(renderJson(new DataUri("a/b", view)).toString()).toBe('"data:a/b;base64,AQID"');
});
