import { expect, test } from "vitest";
import { readExchange, readTurns } from "../../src/formats/conversation.ts";

const user = (content: unknown) => ({ role: "user", content });

test("image parts take their own source, or the row's next one", () => {
  const content = [{ type: "image", url: "a" }, { type: "image" }, { type: "text", text: "?" }, { type: "image" }];
  const { question, images } = readExchange(readTurns([user(content)]), ["b", "c"]);
  expect([question, images]).toEqual(["<image><image>?<image>", ["a", "b", "c"]]);
});

test("members that Parquet fills with null are none", () => {
  const nothing = { image: null, text: null, url: null };
  const content = [
    { ...nothing, type: "text", text: "How many?" },
    { ...nothing, type: "image" },
  ];
  expect(readTurns([user(content)])).toEqual([{ role: "user", text: "How many?<image>", images: [null] }]);
});

test("images without a place stand before the user's text, after the system's", () => {
  const turns = readTurns([{ role: "system", content: "Think." }, user("How many?")]);
  expect(readExchange(turns, ["a"]).question).toBe("Think.\n\n<image>\nHow many?");
});

test("what is no conversation is refused, with what was found", () => {
  for (const value of ["[", "7", [], [{ role: "user" }], [{ content: "x" }], null, [null]]) {
    expect(() => readTurns(value)).toThrow(/^expected a conversation/);
  }
  expect(() => readTurns([{ role: "toString", content: "x" }])).toThrow('found the role "toString"');
  expect(() => readTurns([user(7)])).toThrow("content as text or parts");
  expect(() => readTurns([user([{ type: "table" }])])).toThrow('parts of type text or image; found "table"');
  expect(() => readTurns([user([null])])).toThrow("parts of type text or image; found");
});

test.each([
  [["user", "assistant", "user"]],
  [["assistant"]],
  [["system"]],
  [["user", "system"]],
  [["user", "tool", "assistant"]],
])("%j is not one question", (roles) => {
  const turns = readTurns(roles.map((role) => ({ role, content: "x" })));
  expect(() => readExchange(turns, [])).toThrow(`found "${roles.join(", ")}"`);
});
