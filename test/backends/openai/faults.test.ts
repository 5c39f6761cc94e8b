import sharp from "sharp";
import { expect, test } from "vitest";
import type { Backend, RolloutResult } from "../../../src/backends/backend.ts";
import { type OpenaiBackendOptions, openOpenaiBackend } from "../../../src/backends/index.ts";
import { bomb } from "../../formats/pictures.ts";
import { newVirtualClock } from "../../virtual-clock.ts";
import { byName, collect, newRequest, SAMPLING, stream } from "../contract.ts";
import {
  complete,
  connectionError,
  expectedText,
  newScriptedFleet,
  type Script,
  type ScriptedFleet,
} from "./scripted-fleet.ts";

const IMAGE = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]);
const SEVERAL = ["a", "b", "c", "d"].map((id) => newRequest(id, `Question ${id}?`, [0, 1, 2, 3, 4]));

async function open(fleet: ScriptedFleet, more: Partial<OpenaiBackendOptions> = {}): Promise<Backend> {
  const clock = newVirtualClock();
  return await openOpenaiBackend({ baseUrls: ["http://a/v1"], fetch: fleet.fetch, clock, random: () => 0.5, ...more });
}

async function askAll(
  script: Script,
  more: Partial<OpenaiBackendOptions> = {},
): Promise<{ fleet: ScriptedFleet; results: RolloutResult[] }> {
  const fleet = newScriptedFleet(script);
  await using backend = await open(fleet, more);
  return { fleet, results: await collect(backend.generate(stream(SEVERAL), SAMPLING)) };
}

/** Every rollout asked for, exactly once, each with the response of its own seed. */
function expectWhole(results: readonly RolloutResult[]): void {
  expect(results).toHaveLength(20);
  const found = byName(results);
  for (const id of ["a", "b", "c", "d"]) {
    for (let index = 0; index < 5; index += 1) {
      expect(found.get(`${id}/text/${index}`)?.text).toBe(expectedText(id, index));
    }
  }
}

test("a prompt's rollouts cost one request", async () => {
  const { fleet, results } = await askAll((request) => complete(request));
  expectWhole(results);
  expect(fleet.seen).toHaveLength(4);
});

test("every sampling parameter is said, and a null takes a field out", async () => {
  const { fleet } = await askAll((request) => complete(request), { extraBody: { top_k: null, extra: { a: 1 } } });
  const body = fleet.seen[0]?.body as Record<string, unknown>;
  const { model, n, temperature, top_p, repetition_penalty, max_completion_tokens, extra } = body;
  expect({ model, n, temperature, top_p, repetition_penalty, max_completion_tokens, extra }).toEqual({
    model: "m",
    n: 5,
    temperature: 1,
    top_p: 1,
    repetition_penalty: 1,
    max_completion_tokens: 12,
    extra: { a: 1 },
  });
  expect("top_k" in body).toBe(false);
});

test("images are sent as their own bytes, texts and images in their order", async () => {
  const fleet = newScriptedFleet((request) => complete(request));
  await using backend = await open(fleet);
  await collect(backend.generate(stream([newRequest("a", "What?", [0], IMAGE)]), SAMPLING));
  expect(fleet.seen[0]?.body.messages).toEqual([
    {
      role: "user",
      content: [
        { type: "image_url", image_url: { url: `data:image/png;base64,${Buffer.from(IMAGE).toString("base64")}` } },
        { type: "text", text: "What?" },
      ],
    },
  ]);
});

test("images above the limit of pixels are sent smaller, and one that cannot be made smaller is refused", async () => {
  const fleet = newScriptedFleet((request) => complete(request));
  await using backend = await open(fleet, { maxPixels: 50 });
  const square = { width: 20, height: 10, channels: 3, background: "red" } as const;
  const large = await sharp({ create: square }).png().toBuffer();
  const requests = [newRequest("a", "What?", [0], large), newRequest("b", "What?", [0], bomb(100, 100))];
  const results = await collect(backend.generate(stream(requests), SAMPLING));
  const sent = JSON.stringify(fleet.seen[0]?.body).match(/data:image\/png;base64,([^"]+)/)?.[1] ?? "";
  expect(await sharp(Buffer.from(sent, "base64")).metadata()).toMatchObject({ width: 10, height: 5 });
  const refused = results.find((result) => result.type === "refused");
  expect(refused).toMatchObject({ sampleId: "b", reason: expect.stringContaining("cannot be scaled down") });
});

test("servers that read the files are sent addresses of them, and bytes of what is no file or was made smaller", async () => {
  const wide = { width: 20, height: 10, channels: 3, background: "red" } as const;
  const bytes = await sharp({ create: wide }).png().toBuffer();
  const path = "/data/täst #1%/a b?.png";
  const parts = [
    { type: "image", bytes, path },
    { type: "image", bytes: IMAGE },
  ] as const;
  const request = { prompt: { sampleId: "a", arm: "image", parts } as const, indices: [0] };
  const urls = async (more: Partial<OpenaiBackendOptions>): Promise<string[]> => {
    const fleet = newScriptedFleet((seen) => complete(seen));
    await using backend = await open(fleet, more);
    await collect(backend.generate(stream([request]), SAMPLING));
    const messages = fleet.seen.flatMap(({ body }) => body.messages as { content: { image_url: { url: string } }[] }[]);
    const content = messages[0]?.content ?? [];
    return content.map(({ image_url: { url } }) => url.slice(0, 48));
  };
  const data = expect.stringMatching(/^data:image\/png;base64,/);
  expect(await urls({ localImages: true })).toEqual(["file:///data/t%C3%A4st%20%231%25/a%20b%3F.png", data]);
  expect(await urls({ localImages: true, maxPixels: 50 })).toEqual([data, data]);
  expect(await urls({})).toEqual([data, data]);
});

test("fewer choices than asked for are completed with exactly the missing seeds", async () => {
  const { fleet, results } = await askAll((request, at) => complete(request, at === 0 ? 3 : request.body.n));
  expectWhole(results);
  expect(fleet.seen).toHaveLength(5);
});

test("only the missing indices are asked for, one request per consecutive run", async () => {
  const fleet = newScriptedFleet((request) => complete(request));
  await using backend = await open(fleet);
  const results = await collect(backend.generate(stream([newRequest("a", "What?", [4, 1, 2])]), SAMPLING));
  expect(fleet.seen.map(({ body }) => body.n)).toEqual([2, 1]);
  expect(byName(results).get("a/text/4")?.text).toBe(expectedText("a", 4));
});

test("a server that ignores n, and one that refuses it, get single requests", async () => {
  const ignoring = await askAll((request) => complete(request, 1));
  expectWhole(ignoring.results);
  expect(ignoring.fleet.seen.at(-1)?.body.n).toBe(1);
  const refusing = await askAll((request) =>
    request.body.n > 1
      ? Response.json({ error: { message: "Only one completion choice is allowed" } }, { status: 400 })
      : complete(request),
  );
  expectWhole(refusing.results);
});

test("a server that gives one response n times under one seed gets single requests", async () => {
  const long = (text: string) => `${text} ${"word ".repeat(20)}`;
  const { results } = await askAll(
    (request) => ({
      choices: Array.from({ length: request.body.n }, (_, index) => ({
        index,
        message: { content: long(`seed ${request.body.seed}`) },
        finish_reason: "stop",
        token_ids: Array.from({ length: 20 }, (_, at) => at),
      })),
      usage: { prompt_tokens: 20, completion_tokens: 20 * request.body.n },
    }),
    { extraBody: { max_completion_tokens: 30 } },
  );
  expect(results).toHaveLength(20);
  expect(byName(results).get("a/text/3")?.text).toBe(long(expectedText("a", 3)));
});

test("a server that does not know max_completion_tokens, or ignores it, is told max_tokens", async () => {
  const refusing = await askAll((request) =>
    "max_completion_tokens" in request.body
      ? Response.json({ error: { message: "unknown field max_completion_tokens" } }, { status: 422 })
      : complete(request),
  );
  expectWhole(refusing.results);
  const ignoring = await askAll((request) =>
    "max_tokens" in request.body
      ? complete(request)
      : { ...complete(request), usage: { prompt_tokens: 20, completion_tokens: 999 } },
  );
  expectWhole(ignoring.results);
});

/** Refuses these fields as `transformers serve` does. */
function refuseFields(fields: readonly string[]): Script {
  return (request) => {
    const unknown = fields.filter((field) => field in request.body);
    const detail = `Unexpected fields in the request: {${unknown.join(", ")}}`;
    return unknown.length > 0 ? Response.json({ detail }, { status: 422 }) : complete(request);
  };
}

test("fields that a server does not know and that ask for nothing are left out, and said", async () => {
  const fleet = newScriptedFleet(refuseFields(["top_k", "min_p", "repetition_penalty"]));
  await using backend = await open(fleet);
  expectWhole(await collect(backend.generate(stream(SEVERAL), SAMPLING)));
  expect(fleet.seen).toHaveLength(5);
  expect(Object.keys(fleet.seen.at(-1)?.body ?? {})).toContain("frequency_penalty");
  expect(backend.remarks?.()).toEqual([
    "http://a/v1 does not know min_p, repetition_penalty, top_k, so its model's own defaults hold.",
  ]);
});

test("a field that asks for something is never left out", async () => {
  const asked = await collect(
    (await open(newScriptedFleet(refuseFields(["top_k"])))).generate(stream(SEVERAL), { ...SAMPLING, topK: 5 }),
  );
  expect(asked[0]).toMatchObject({ type: "refused", reason: expect.stringContaining("Unexpected fields") });
  const { results } = await askAll(refuseFields(["min_p"]), { extraBody: { min_p: 0 } });
  expect(results.map((result) => result.type)).toEqual(["refused", "refused", "refused", "refused"]);
});

test("what a server took once it is not said to be ignorant of, whatever a prompt makes it say", async () => {
  const { fleet, results } = await askAll((request, at) =>
    at === 2 ? Response.json({ error: { message: "blocked: 'top_k'" } }, { status: 400 }) : complete(request),
  );
  expect(results.filter((result) => result.type === "refused")).toHaveLength(1);
  expect(fleet.seen).toHaveLength(4);
});

test("a server that does not list the model, but answers to its name and to no other, serves it", async () => {
  const pinned: Script = (request) =>
    request.body.model === "mine"
      ? complete({ ...request, body: { ...request.body, n: request.body.n ?? 1 } })
      : Response.json({ detail: "pinned to 'mine'" }, { status: 400 });
  for (const listed of ["other", new Response("Internal Server Error", { status: 500 })]) {
    const fleet = newScriptedFleet(pinned, () => (listed instanceof Response ? listed.clone() : listed));
    await using backend = await open(fleet, { model: "mine" });
    expectWhole(await collect(backend.generate(stream(SEVERAL), SAMPLING)));
  }
  const anyName = newScriptedFleet(
    (request) => complete(request, 1),
    () => "other",
  );
  await expect(open(anyName, { model: "mine" })).rejects.toThrow("http://a/v1 serves other, not mine");
});

const FAULTS: Readonly<Record<string, () => unknown>> = {
  "a refused connection": () => connectionError("ECONNREFUSED"),
  "a connection reset": () => connectionError("ECONNRESET"),
  "status 500": () => new Response("boom", { status: 500 }),
  "status 503": () => new Response("busy", { status: 503 }),
  "status 529": () => new Response("busy", { status: 529 }),
  "status 429 with Retry-After": () => new Response("slow down", { status: 429, headers: { "retry-after": "5" } }),
  "an abort inside a 200": () => ({
    choices: [{ index: 0, message: { content: "half" }, finish_reason: "abort" }],
    usage: { prompt_tokens: 20, completion_tokens: 1 },
  }),
  "no choices": () => ({ choices: [], usage: { prompt_tokens: 20 } }),
  "malformed JSON": () => new Response("<html>", { status: 200 }),
  "truncated JSON": () => new Response('{"choices": [{"index": 0, "mess', { status: 200 }),
};

for (const [name, fault] of Object.entries(FAULTS)) {
  test(`${name} is tried again, and becomes no rollout`, async () => {
    const { results } = await askAll((request, at) => (at % 3 === 0 ? fault() : complete(request)));
    expectWhole(results);
  });
}

test("a stalled request is closed at the time limit and tried again", async () => {
  let closed = 0;
  const { results } = await askAll((request, at) => {
    if (at > 0) return complete(request);
    return new Promise((_, reject) => {
      request.signal.addEventListener("abort", () => {
        closed += 1;
        reject(new DOMException("closed", "AbortError"));
      });
    });
  });
  expectWhole(results);
  expect(closed).toBe(1);
});

test.each([
  ["seconds", () => "30"],
  ["a date", () => new Date(Date.now() + 31_000).toUTCString()],
])("Retry-After is honoured, as %s", async (_, after) => {
  const clock = newVirtualClock();
  const at: number[] = [];
  const { results } = await askAll(
    (request, count) => {
      at.push(clock.now());
      return count === 0 ? new Response("", { status: 429, headers: { "retry-after": after() } }) : complete(request);
    },
    { clock },
  );
  expectWhole(results);
  expect(at[1]).toBeGreaterThanOrEqual(29_000);
  expect(at[1]).toBeLessThan(40_000);
});

test("400, 404 and 422 set the sample aside with the server's words, and cost one request", async () => {
  for (const status of [400, 404, 422]) {
    const { fleet, results } = await askAll((request) =>
      JSON.stringify(request.body).includes("Question b")
        ? Response.json({ error: { message: "maximum context length is 10" } }, { status })
        : complete(request),
    );
    const refused = results.filter((result) => result.type === "refused");
    expect(refused).toEqual([
      { type: "refused", sampleId: "b", reason: `status ${status}: maximum context length is 10` },
    ]);
    expect(results).toHaveLength(16);
    expect(fleet.seen).toHaveLength(4);
  }
});

test("a sample that alone keeps failing is set aside after eight tries", async () => {
  const { fleet, results } = await askAll((request) =>
    JSON.stringify(request.body).includes("Question b") ? new Response("boom", { status: 500 }) : complete(request),
  );
  expect(results.filter((result) => result.type === "refused")).toEqual([
    {
      type: "refused",
      sampleId: "b",
      reason: expect.stringMatching(/^Given up after \d+ tries; last: status 500: boom/),
    },
  ]);
  expect(results).toHaveLength(16);
  expect(fleet.seen.length).toBeLessThan(4 + 40);
});

test("of three servers one may be dead for good", async () => {
  const baseUrls = ["http://a/v1", "http://b/v1", "http://c/v1"];
  const dead = connectionError("ECONNREFUSED");
  const fleet = newScriptedFleet(
    (request) => (request.host === "b" ? dead : complete(request)),
    (host) => (host === "b" ? dead : "m"),
  );
  await using backend = await open(fleet, { baseUrls });
  expectWhole(await collect(backend.generate(stream(SEVERAL), SAMPLING)));
  expect(new Set(fleet.seen.map(({ host }) => host))).toEqual(new Set(["a", "c"]));
});

test("when no server answers for long enough, the run stops and says what was last", async () => {
  const fleet = newScriptedFleet(() => new Response("boom", { status: 502 }));
  await using backend = await open(fleet);
  await expect(collect(backend.generate(stream(SEVERAL), SAMPLING))).rejects.toThrow(
    /No server has answered a request for 6\d\d s; http:\/\/a\/v1 said last: status 502: boom/,
  );
});

test("a model name that differs between servers is refused", async () => {
  const fleet = newScriptedFleet(
    (request) => complete(request),
    (host) => (host === "a" ? "m" : "other"),
  );
  await expect(open(fleet, { baseUrls: ["http://a/v1", "http://b/v1"] })).rejects.toThrow(
    "http://b/v1 serves other, not m",
  );
});

test("a server that comes back with another model stops the run", async () => {
  let model = "m";
  const fleet = newScriptedFleet(
    (request, at) => {
      if (at === 0) return complete(request);
      model = "other";
      return Response.json({ error: { message: "no such model" } }, { status: 404 });
    },
    () => model,
  );
  await using backend = await open(fleet);
  await expect(collect(backend.generate(stream(SEVERAL), SAMPLING))).rejects.toThrow("serves other, not m");
});

test("the key is sent, and shown nowhere", async () => {
  const apiKey = "sk-secret-123";
  const fleet = newScriptedFleet((request) => {
    expect(request.headers.authorization).toBe(`Bearer ${apiKey}`);
    return Response.json({ error: { message: `bad key ${apiKey}` } }, { status: 401 });
  });
  await using backend = await open(fleet, { apiKey });
  const error = await collect(backend.generate(stream(SEVERAL), SAMPLING)).catch((one: Error) => one);
  expect(String(error)).toContain("bad key [key]");
  expect(String(error)).not.toContain(apiKey);
});

test("a blind server stops the run, with the numbers", async () => {
  const fleet = newScriptedFleet((request) => ({
    ...complete(request),
    usage: { prompt_tokens: 20, completion_tokens: 2 },
  }));
  await using backend = await open(fleet);
  await expect(collect(backend.generate(stream([newRequest("a", "What?", [0], IMAGE)]), SAMPLING))).rejects.toThrow(
    /http:\/\/a\/v1 did not see the image of sample a: its prompt has 20 tokens, no more than without the image/,
  );
});

test("a server that says 0 image tokens is believed only where the prompt is no longer than its text", async () => {
  const zero =
    (sees: boolean): Script =>
    (request) => ({
      ...complete(request),
      usage: {
        prompt_tokens: request.image && sees ? 90 : 20,
        completion_tokens: 2,
        prompt_tokens_details: { image_tokens: 0 },
      },
    });
  const asked = stream([newRequest("a", "What?", [0], IMAGE)]);
  await using seeing = await open(newScriptedFleet(zero(true)));
  expect(await collect(seeing.generate(asked, SAMPLING))).toMatchObject([{ rollout: { imageTokens: 70 } }]);
  await using blind = await open(newScriptedFleet(zero(false)));
  const blinded = collect(blind.generate(stream([newRequest("a", "What?", [0], IMAGE)]), SAMPLING));
  await expect(blinded).rejects.toThrow("did not see the image of sample a");
});

test("the text alone is counted for a handful of prompts, and later only where it could matter", async () => {
  const fleet = newScriptedFleet((request) => complete(request));
  await using backend = await open(fleet, { concurrency: 1 });
  const requests = Array.from({ length: 30 }, (_, at) => newRequest(`s${at}`, "Is it red?", [0, 1], IMAGE));
  const results = await collect(backend.generate(stream(requests), SAMPLING));
  expect(results).toHaveLength(60);
  expect(fleet.seen).toHaveLength(30 + 8);
  // 90 − 20 where the text was counted; at least 90 − 20 − 2 · 20 elsewhere.
  const counts = new Set([...byName(results).values()].map((rollout) => rollout.imageTokens));
  expect(counts).toEqual(new Set([70, 30]));
});

test("reasoning that the server took out is put back before the answer", async () => {
  const { results } = await askAll((request) => ({
    choices: Array.from({ length: request.body.n }, (_, index) => ({
      index,
      message: { reasoning_content: `so ${index}`, content: "\\boxed{1}" },
      finish_reason: index === 1 ? "length" : "stop",
    })),
    usage: { prompt_tokens: 20, completion_tokens: 10 },
  }));
  const rollout = byName(results).get("a/text/1");
  expect([rollout?.text, rollout?.finish]).toEqual(["<think>so 1</think>\\boxed{1}", "length"]);
});

test("what fails together is one breakdown: the server is asked again after half a second", async () => {
  const clock = newVirtualClock();
  const requests = Array.from({ length: 8 }, (_, at) => newRequest(`s${at}`, "What?", [0]));
  const times: number[] = [];
  let down = false;
  const fleet = newScriptedFleet((request) => {
    times.push(clock.now());
    if (clock.now() > 0) return complete(request);
    down ||= times.length > 1;
    return down ? connectionError("ECONNREFUSED") : complete(request);
  });
  await using backend = await open(fleet, { clock });
  expect(await collect(backend.generate(stream(requests), SAMPLING))).toHaveLength(8);
  expect(times.at(-1)).toBeLessThan(3000);
});

test("a key that a broken server echoes, in a 500 or in a completion, is in no reason", async () => {
  const key = 'k"\\$&+%41';
  const broken = JSON.stringify({ trace: { authorization: `Bearer ${key}` } });
  const scripts: readonly Script[] = [
    () => new Response(broken, { status: 500 }),
    () => ({ choices: [{ message: { content: "" }, finish_reason: key }], usage: { prompt_tokens: 1 } }),
  ];
  for (const script of scripts) {
    const asking = askAll(script, { apiKey: key, patience: 1 });
    const error = (await asking.catch((found: unknown) => found)) as Error;
    expect(error.message).toContain("said last");
    expect(error.message).toContain("[key]");
    for (const form of [key, JSON.stringify(key).slice(1, -1)]) expect(error.message).not.toContain(form);
  }
});
