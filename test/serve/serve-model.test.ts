import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServedModelHandle, serveModel } from "../../src/serve/serve-model.ts";
import { readFigures } from "../backends/onnx/figures.ts";

let served: ServedModelHandle;
let image: string;
beforeAll(async () => {
  served = await serveModel({ model: "models/nano", port: 0, random: () => 0.5 });
  image = `data:image/png;base64,${Buffer.from((await readFigures(1))[0]?.image as Uint8Array).toString("base64")}`;
});
afterAll(() => served[Symbol.asyncDispose]());

interface Body {
  readonly choices: readonly {
    index: number;
    message: { content: string };
    finish_reason: string;
    token_ids?: number[];
  }[];
  readonly usage: { prompt_tokens: number; completion_tokens: number; prompt_tokens_details: { image_tokens: number } };
  readonly error: { message: string };
}

async function complete(more: object): Promise<{ status: number; body: Body }> {
  const content = [
    { type: "image_url", image_url: { url: image } },
    { type: "text", text: "What color is the circle?" },
  ];
  const body = { model: "nano", messages: [{ role: "user", content }], max_tokens: 12, ...more };
  const response = await fetch(`${served.url}/chat/completions`, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Body };
}

test("one request of several choices gives what requests for each of them give", async () => {
  const together = await complete({ n: 4, seed: 100 });
  const alone = await Promise.all([0, 1, 2, 3].map((at) => complete({ seed: 100 + at })));
  expect(together.body.choices.map((choice) => choice.index)).toEqual([0, 1, 2, 3]);
  const texts = together.body.choices.map((choice) => choice.message.content);
  expect(alone.map(({ body }) => body.choices[0]?.message.content)).toEqual(texts);
  expect(new Set(texts).size).toBeGreaterThan(1);
});

test("usage counts the prompt with its image, and every response's tokens", async () => {
  const { body } = await complete({ n: 2, return_token_ids: true });
  const ids = body.choices.reduce((sum, choice) => sum + (choice.token_ids?.length ?? 0), 0);
  expect(body.usage.completion_tokens).toBe(ids);
  expect(body.usage.prompt_tokens_details.image_tokens).toBeGreaterThan(0);
  const text = await complete({ messages: [{ role: "user", content: "What color is the circle?" }] });
  expect(body.usage.prompt_tokens - text.body.usage.prompt_tokens).toBe(body.usage.prompt_tokens_details.image_tokens);
});

test("a response ends before a stop text, and at the token limit", async () => {
  const whole = (await complete({ temperature: 0 })).body.choices[0]?.message.content as string;
  const word = whole.trim().split(/\s+/).at(-1) as string;
  const stopped = (await complete({ temperature: 0, stop: [word] })).body.choices[0];
  expect(stopped?.message.content).toBe(whole.slice(0, whole.indexOf(word)));
  expect(stopped?.finish_reason).toBe("stop");
  expect((await complete({ max_tokens: 1 })).body.choices[0]?.finish_reason).toBe("length");
});

test("what it cannot do is refused by name, with status 400", async () => {
  const cases: [object, string][] = [
    [{ stream: true }, "stream"],
    [{ logprobs: true }, "logprobs"],
    [{ repetition_penalty: 1.1 }, "repetition_penalty"],
    [{ messages: [] }, "messages"],
    [{ messages: [{ role: "user", content: "circle ".repeat(9000) }] }, "tokens"],
    [
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "http://x/y.png" } }] }] },
      "data URI",
    ],
  ];
  for (const [more, words] of cases) {
    const { status, body } = await complete(more);
    expect([status, body.error.message]).toEqual([400, expect.stringContaining(words)]);
  }
  expect((await complete({ model: "other" })).status).toBe(404);
});

test("models, health and metrics are there", async () => {
  const models = (await (await fetch(`${served.url}/models`)).json()) as {
    data: { id: string; max_model_len: number }[];
  };
  expect(models.data).toMatchObject([{ id: "nano", owned_by: "winnow" }]);
  const root = served.url.replace(/\/v1$/, "");
  expect((await fetch(`${root}/health`)).status).toBe(200);
  const metrics = await (await fetch(`${root}/metrics`)).text();
  expect(metrics).toMatch(/# TYPE winnow_generation_tokens_total counter\nwinnow_generation_tokens_total [1-9]\d*\n/);
  expect(metrics).toMatch(/winnow_requests_running 0\n/);
});
