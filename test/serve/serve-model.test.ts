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

test("messages before the last are part of the prompt as the model's chat template writes them", async () => {
  const image_url = { type: "image_url", image_url: { url: image } };
  const question = { type: "text", text: "What color is the circle?" };
  const ask = async (messages: readonly object[]) => {
    const { status, body } = await complete({ messages, temperature: 0 });
    expect([status, body.error]).toEqual([200, undefined]);
    return { ...body.usage, text: body.choices[0]?.message.content };
  };
  const user = { role: "user", content: [image_url, question] };
  const alone = await ask([user]);
  // The nano model's template leaves system messages out.
  expect(await ask([{ role: "system", content: "Answer in French." }, user])).toEqual(alone);
  const answer = { role: "assistant", content: [{ type: "text", text: "the circle is red" }] };
  const again = await ask([user, answer, { role: "user", content: "What color is the circle?" }]);
  expect(again.prompt_tokens_details.image_tokens).toBe(alone.prompt_tokens_details.image_tokens);
  // A lone text is <bos> <user> text <assistant>; the second turn adds the answer, <eos>, <user>, the question, <assistant>.
  const countOf = async (content: string) => (await ask([{ role: "user", content }])).prompt_tokens - 3;
  const more = (await countOf("the circle is red")) + (await countOf("What color is the circle?")) + 3;
  expect(again.prompt_tokens).toBe(alone.prompt_tokens + more);
  const two = await ask([user, answer, user]);
  expect(two.prompt_tokens_details.image_tokens).toBe(2 * alone.prompt_tokens_details.image_tokens);
});

test("a response ends before a stop text, and at the token limit", async () => {
  const whole = (await complete({ temperature: 0 })).body.choices[0]?.message.content as string;
  const word = whole.trim().split(/\s+/).at(-1) as string;
  const stopped = (await complete({ temperature: 0, stop: [word] })).body.choices[0];
  expect(stopped?.message.content).toBe(whole.slice(0, whole.indexOf(word)));
  expect(stopped?.finish_reason).toBe("stop");
  expect((await complete({ max_tokens: 1 })).body.choices[0]?.finish_reason).toBe("length");
});

interface Chunk {
  readonly choices: readonly {
    index: number;
    delta: { content?: string };
    finish_reason: string | null;
    logprobs: { content: { token: string; logprob: number }[] } | null;
  }[];
  readonly usage?: Body["usage"];
}

/** The chunks of a streamed completion, with the last line's data. */
async function stream(more: object): Promise<{ chunks: Chunk[]; last: string }> {
  const content = [
    { type: "image_url", image_url: { url: image } },
    { type: "text", text: "What color is the circle?" },
  ];
  const body = { model: "nano", messages: [{ role: "user", content }], max_tokens: 12, stream: true, ...more };
  const response = await fetch(`${served.url}/chat/completions`, { method: "POST", body: JSON.stringify(body) });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const events = (await response.text()).trimEnd().split("\n\n");
  const data = events.map((event) => event.replace(/^data: /, ""));
  return { chunks: data.slice(0, -1).map((one) => JSON.parse(one) as Chunk), last: data.at(-1) as string };
}

test("a streamed completion is the same one in pieces, with its usage when asked", async () => {
  const whole = (await complete({ n: 2, seed: 7 })).body;
  const { chunks, last } = await stream({ n: 2, seed: 7, stream_options: { include_usage: true } });
  expect(last).toBe("[DONE]");
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
  for (const { index, message, finish_reason } of whole.choices) {
    const own = chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
    expect(own.map(({ delta }) => delta.content ?? "").join("")).toBe(message.content);
    expect(own.filter(({ delta }) => delta.content).length).toBeGreaterThan(2);
    expect(own.map((choice) => choice.finish_reason).filter((one) => one !== null)).toEqual([finish_reason]);
  }
});

test("a stream ends before a stop text, none of which is sent", async () => {
  const whole = (await complete({ temperature: 0 })).body.choices[0]?.message.content as string;
  const stop = whole.slice(5, 9);
  const { chunks } = await stream({ temperature: 0, stop: [stop] });
  const choices = chunks.flatMap((chunk) => chunk.choices);
  expect(choices.map(({ delta }) => delta.content ?? "").join("")).toBe(whole.slice(0, whole.indexOf(stop)));
  expect(choices.at(-1)?.finish_reason).toBe("stop");
});

test("log probabilities are those of the model: greedy takes the best, and all sum to one", async () => {
  const { body } = await complete({ temperature: 0, logprobs: true, top_logprobs: 20, return_token_ids: true });
  const [choice] = body.choices as unknown as {
    token_ids: number[];
    logprobs: {
      content: {
        token: string;
        logprob: number;
        bytes: number[];
        top_logprobs: { token: string; logprob: number }[];
      }[];
    };
  }[];
  const steps = choice?.logprobs.content ?? [];
  expect(steps).toHaveLength(choice?.token_ids.length as number);
  for (const { token, logprob, bytes, top_logprobs } of steps) {
    expect(top_logprobs[0]).toMatchObject({ token, logprob });
    expect(Buffer.from(bytes).toString()).toBe(token);
    const sum = top_logprobs.reduce((total, one) => total + Math.exp(one.logprob), 0);
    expect(sum).toBeGreaterThan(0.9);
    expect(sum).toBeLessThan(1 + 1e-6);
  }
  const streamed = await stream({ temperature: 0, logprobs: true });
  const pieces = streamed.chunks.flatMap(({ choices }) => choices).flatMap(({ logprobs }) => logprobs?.content ?? []);
  expect(pieces.map(({ token, logprob }) => [token, logprob])).toEqual(steps.map((one) => [one.token, one.logprob]));
});

test("what is refused is an error, streamed or not", async () => {
  const messages = [{ role: "user", content: "circle ".repeat(9000) }];
  const { status, body } = await complete({ messages, stream: true });
  expect([status, body.error.message]).toEqual([400, expect.stringContaining("tokens")]);
});

test("what it cannot do is refused by name, with status 400", async () => {
  const cases: [object, string][] = [
    [{ top_logprobs: 2 }, "logprobs"],
    [{ repetition_penalty: 1.1 }, "repetition_penalty"],
    [{ messages: [] }, "messages"],
    [{ messages: [{ role: "tool", content: "4" }] }, "system, developer, user, assistant"],
    [{ messages: [{ role: "assistant", content: "Hello" }] }, "has to be the user's, found assistant"],
    [
      {
        messages: [
          { role: "system", content: [{ type: "image_url", image_url: { url: image } }] },
          { role: "user", content: "a" },
        ],
      },
      "an image has to be in a message of the user",
    ],
    [
      {
        messages: [
          { role: "assistant", content: "<user>" },
          { role: "user", content: "a" },
        ],
      },
      "control token",
    ],
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
