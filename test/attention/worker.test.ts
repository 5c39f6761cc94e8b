import { expect, test } from "vitest";
import type { AttentionRequest } from "../../src/attention/attention-source.ts";
import { openWorkerAttention, type WorkerOptions } from "../../src/attention/worker.ts";
import type { Prompt, PromptPart } from "../../src/records.ts";
import { CheckingScorer, measureAll, scoringBy, stream, testAttention } from "./contract.ts";
import { type FakeWorkers, fakeWorkers } from "./fake-worker.ts";

/** `count` samples with `each` rollouts; all rollouts of a sample share its prompt. */
function requests(count: number, each: number): AttentionRequest[] {
  return Array.from({ length: count * each }, (_, at) => at).map((at) => {
    const sampleId = `sample-${Math.floor(at / each)}`;
    const text = `answer ${at}`;
    return {
      prompt: promptOf(sampleId),
      rollout: {
        sampleId,
        arm: "image",
        index: at % each,
        text,
        tokenIds: [1, 2],
        promptTokens: 9,
        imageTokens: 4,
        responseTokens: 2,
        finish: "stop",
      },
    };
  });
}

const prompts = new Map<string, Prompt>();

function promptOf(sampleId: string): Prompt {
  const parts: PromptPart[] = [
    { type: "image", bytes: Uint8Array.of(1, 2, 3) },
    { type: "text", text: "What is it?" },
  ];
  const prompt = prompts.get(sampleId) ?? { sampleId, arm: "image", parts };
  prompts.set(sampleId, prompt);
  return prompt;
}

function open(workers: FakeWorkers, more: Partial<WorkerOptions> = {}): ReturnType<typeof openWorkerAttention> {
  const wait = async (): Promise<void> => {};
  return openWorkerAttention({ urls: ["http://a:1"], fetch: workers.fetch, wait, ...more });
}

testAttention("the worker attention source", async () => {
  const source = await open(fakeWorkers(), { batch: 3 });
  return { source, requests: requests(4, 3), [Symbol.asyncDispose]: async () => {} };
});

test("a prompt is sent once for all responses of a batch that answer it", async () => {
  const workers = fakeWorkers();
  const source = await open(workers, { batch: 10, key: "secret" });
  const { found } = await measureAll(source, requests(4, 5));
  expect(found.size).toBe(20);
  expect(workers.asked.map(({ body }) => [body.prompts.length, body.responses.length])).toEqual([
    [2, 10],
    [2, 10],
  ]);
  const first = workers.asked[0];
  expect(first?.authorization).toBe("Bearer secret");
  expect(first?.body.prompts[0]?.[0]).toEqual({ type: "image", image: "data:;base64,AQID" });
  expect(Object.keys(first?.body.optionSets ?? {})).toEqual(["paper", "robust"]);
  expect(first?.body.responses[5]).toEqual({
    prompt: 1,
    text: "answer 5",
    finish: "stop",
    responseTokens: 2,
    promptTokens: 9,
    tokenIds: [1, 2],
  });
});

test("the responses to one prompt are sent in one request, so that its pass is shared", async () => {
  const workers = fakeWorkers();
  const source = await open(workers);
  expect((await measureAll(source, requests(9, 5))).found.size).toBe(45);
  const perPrompt = workers.asked.map(({ body }) =>
    body.prompts.map((_, at) => body.responses.filter(({ prompt }) => prompt === at).length),
  );
  expect(perPrompt).toEqual([
    [5, 5, 5],
    [5, 5, 5],
    [5, 5, 5],
  ]);
});

test("null is −∞, and an absent column stays absent", async () => {
  const { found } = await measureAll(await open(fakeWorkers()), requests(1, 1));
  expect(found.get("sample-0/0")).toEqual({
    sampleId: "sample-0",
    index: 0,
    psi: { paper: { logPsi: -8, column: 0 }, robust: { logPsi: Number.NEGATIVE_INFINITY } },
    imageMass: 0.25,
    entropy: 0.5,
    topMass: 1,
    token: "a",
  });
});

test("a response that no worker can measure sets its sample aside, with the worker's words", async () => {
  const asked = requests(3, 1);
  const broken = { ...asked[1], rollout: { ...asked[1]?.rollout, text: "too long" } } as AttentionRequest;
  const source = await open(fakeWorkers());
  const results = [];
  const all = stream([asked[0] as AttentionRequest, broken, asked[2] as AttentionRequest]);
  for await (const one of source.measure(
    all,
    scoringBy(() => new CheckingScorer()),
  ))
    results.push(one);
  expect(results).toHaveLength(3);
  expect(results.filter((one) => "type" in one)).toEqual([
    { type: "refused", sampleId: "sample-1", reason: "attention of rollout 0: over the 4096 tokens" },
  ]);
});

test("every kind of passing trouble is tried again, on whatever worker is free, and nothing is measured twice", async () => {
  const troubles = [
    () => Promise.reject(new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") })),
    () => new Response("busy", { status: 503 }),
    () => new Response("slow down", { status: 429 }),
    () => new Response('{"model": "tiny", "resul'),
    () => Response.json({ model: "tiny", results: [] }),
    () => new Response("oops", { status: 500 }),
  ];
  const workers = fakeWorkers((url, count) => (url.endsWith("/health") ? undefined : troubles[count - 1]?.()));
  const waits: number[] = [];
  const wait = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
  const source = await open(workers, { urls: ["http://a:1", "http://b:2/"], batch: 2, wait });
  const { found } = await measureAll(source, requests(6, 2));
  expect(found.size).toBe(12);
  expect(workers.asked).toHaveLength(6 + troubles.length);
  expect(new Set(workers.asked.map(({ url }) => url)).size).toBe(2);
  expect(waits.every((milliseconds) => milliseconds >= 500 && milliseconds <= 30_000)).toBe(true);
});

test("one worker that is dead for good does not stop the others", async () => {
  const workers = fakeWorkers((url) => {
    if (url.startsWith("http://dead")) throw new TypeError("fetch failed");
    return undefined;
  });
  const source = await open(workers, { urls: ["http://dead:1", "http://a:1", "http://b:1"], batch: 2 });
  expect((await measureAll(source, requests(20, 2))).found.size).toBe(40);
});

test("when no attempt succeeds the last trouble is told, and what is finished is kept", async () => {
  const workers = fakeWorkers((url, count) =>
    url.endsWith("/health") || count <= 2 ? undefined : new Response("no room", { status: 503 }),
  );
  const source = await open(workers, { batch: 1, attempts: 3 });
  const seen: string[] = [];
  const measuring = (async () => {
    for await (const one of source.measure(
      stream(requests(6, 1)),
      scoringBy(() => new CheckingScorer()),
    ))
      seen.push(one.sampleId);
  })();
  await expect(measuring).rejects.toThrow(/in 3 attempts; the last was http:\/\/a:1: status 503: no room/);
  expect(seen).toHaveLength(2);
});

test("a refused request is not tried again", async () => {
  const workers = fakeWorkers((url) =>
    url.endsWith("/health") ? undefined : new Response("wrong or missing key", { status: 401 }),
  );
  const source = await open(workers, { key: "hunter2" });
  const failing = measureAll(source, requests(1, 1));
  await expect(failing).rejects.toThrow("status 401: wrong or missing key");
  await expect(failing).rejects.not.toThrow("hunter2");
  expect(workers.asked).toHaveLength(1);
});

test("an aborted run ends quietly while a worker is still at it", async () => {
  const abort = new AbortController();
  const workers = fakeWorkers((url, _count, signal) => {
    if (url.endsWith("/health")) return undefined;
    queueMicrotask(() => abort.abort());
    return new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  });
  const source = await open(workers);
  const results = [];
  for await (const one of source.measure(
    stream(requests(3, 1)),
    scoringBy(() => new CheckingScorer()),
    abort.signal,
  ))
    results.push(one);
  expect(results).toEqual([]);
});

test("workers of different models are refused, before and during a run", async () => {
  const urls = ["http://a:1", "http://b:1"];
  const byAddress = fakeWorkers(undefined, (url) => (url.startsWith("http://a") ? "qwen" : "llava"));
  await expect(open(byAddress, { urls })).rejects.toThrow("http://b:1 serves llava, and another attention worker");
  let exchanged = false;
  const changing = fakeWorkers(undefined, () => (exchanged ? "llava" : "qwen"));
  const source = await open(changing);
  exchanged = true;
  await expect(measureAll(source, requests(1, 1))).rejects.toMatchObject({ code: "model" });
});

test("no worker at all is an error that says how to start one", async () => {
  const none = fakeWorkers(() => {
    throw new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
  });
  await expect(open(none)).rejects.toThrow(/ECONNREFUSED.*Start one with `winnow-attention --model …`/);
  await expect(open(none, { urls: ["gpu-1:8712"] })).rejects.toMatchObject({ code: "usage" });
});
