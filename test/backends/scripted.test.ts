import { expect, test } from "vitest";
import { openScriptedBackend } from "../../src/backends/index.ts";
import { byName, collect, newRequest, SAMPLING, stream, testBackend } from "./contract.ts";

const IMAGE = new Uint8Array([1, 2, 3]);

testBackend(
  "the scripted backend",
  async () => openScriptedBackend({ respond: (prompt, index) => `${prompt.sampleId} ${prompt.arm} answers ${index}` }),
  async () => IMAGE,
);

test("a script can refuse a prompt, cut a response and give token ids", async () => {
  await using backend = openScriptedBackend({
    respond: ({ sampleId }) => {
      if (sampleId === "bad") return { refused: "too strange" };
      return sampleId === "cut" ? { text: "and then", finish: "length" } : { text: "four", tokenIds: [4, 2] };
    },
  });
  const results = await collect(
    backend.generate(stream(["bad", "cut", "whole"].map((id) => newRequest(id, "How many?", [0]))), SAMPLING),
  );
  expect(results[0]).toEqual({ type: "refused", sampleId: "bad", reason: "too strange" });
  expect(byName(results).get("cut/text/0")).toMatchObject({ text: "and then", finish: "length", responseTokens: 2 });
  expect(byName(results).get("whole/text/0")).toMatchObject({ finish: "stop", tokenIds: [4, 2], responseTokens: 2 });
});

test("a script that is said to be blind gives image prompts no image tokens", async () => {
  await using backend = openScriptedBackend({ respond: () => "yes", imageTokens: 0 });
  const results = byName(await collect(backend.generate(stream([newRequest("a", "Is it?", [0], IMAGE)]), SAMPLING)));
  expect(results.get("a/image/0")).toMatchObject({ imageTokens: 0, promptTokens: 2 });
});
