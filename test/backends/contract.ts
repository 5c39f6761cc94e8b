import { expect, test } from "vitest";
import type { Backend, RolloutRequest, RolloutResult, Sampling } from "../../src/backends/backend.ts";
import type { Arm, PromptPart, TakenRollout } from "../../src/records.ts";

export const SAMPLING: Sampling = { temperature: 1, topP: 1, topK: 0, maxTokens: 12, seed: 7 };

/** A prompt of one image and a question, or of the question alone. */
export function newRequest(
  sampleId: string,
  question: string,
  indices: readonly number[],
  image?: Uint8Array,
): RolloutRequest {
  const arm: Arm = image === undefined ? "text" : "image";
  const picture: PromptPart[] = image === undefined ? [] : [{ type: "image", bytes: image }];
  return { prompt: { sampleId, arm, parts: [...picture, { type: "text", text: question }] }, indices };
}

/** Requests as a backend takes them; counts how many were pulled. */
export async function* stream<T>(items: readonly T[], pulled = { count: 0 }): AsyncGenerator<T> {
  for (const item of items) {
    pulled.count++;
    yield item;
  }
}

export async function collect(results: AsyncIterable<RolloutResult>): Promise<RolloutResult[]> {
  const all: RolloutResult[] = [];
  for await (const result of results) all.push(result);
  return all;
}

/** The rollouts among results, by what names them. */
export function byName(results: readonly RolloutResult[]): Map<string, TakenRollout> {
  const rollouts = results.flatMap((result) => (result.type === "rollout" ? [result.rollout] : []));
  return new Map(rollouts.map((rollout) => [`${rollout.sampleId}/${rollout.arm}/${rollout.index}`, rollout]));
}

/** What every backend promises (src/backends/backend.ts). `image` is an image it can see. */
export function testBackend(name: string, open: () => Promise<Backend>, image: () => Promise<Uint8Array>): void {
  const questions = ["What color is the circle?", "How many squares are there?", "Is there a cross?"];
  const requestsFor = (picture?: Uint8Array): RolloutRequest[] =>
    questions.map((question, at) => newRequest(`sample-${at}`, question, [0, 1, 2, 3], picture));

  test(`${name} answers every index of every request exactly once`, async () => {
    await using backend = await open();
    const requests = [...requestsFor(), ...requestsFor(await image())];
    const results = await collect(backend.generate(stream(requests), SAMPLING));
    expect(results).toHaveLength(24);
    expect(byName(results).size).toBe(24);
  });

  test(`${name} gives a rollout that depends on nothing but model, prompt, settings, seed, sample, arm and index`, async () => {
    await using backend = await open();
    const picture = await image();
    const requests = [...requestsFor(), ...requestsFor(picture)];
    const whole = byName(await collect(backend.generate(stream(requests), SAMPLING)));
    const shuffled = requests.toReversed().map((request) => ({ ...request, indices: [...request.indices].reverse() }));
    expect(byName(await collect(backend.generate(stream(shuffled), SAMPLING)))).toEqual(whole);
    const single = requests.flatMap((request) => request.indices.map((index) => ({ ...request, indices: [index] })));
    for (const request of single.slice(0, 8)) {
      for (const [key, rollout] of byName(await collect(backend.generate(stream([request]), SAMPLING)))) {
        expect(rollout).toEqual(whole.get(key));
      }
    }
  });

  test(`${name} counts image tokens within the prompt's, and none without an image`, async () => {
    await using backend = await open();
    const picture = await image();
    const results = byName(
      await collect(backend.generate(stream([...requestsFor(picture), ...requestsFor()]), SAMPLING)),
    );
    for (const rollout of results.values()) {
      const twin = results.get(`${rollout.sampleId}/${rollout.arm === "image" ? "text" : "image"}/${rollout.index}`);
      if (rollout.arm === "text") expect(rollout.imageTokens).toBe(0);
      else expect(rollout.promptTokens - (twin?.promptTokens ?? 0)).toBe(rollout.imageTokens);
      if (rollout.arm === "image") expect(rollout.imageTokens).toBeGreaterThan(0);
    }
  });

  test(`${name} cuts a response at the token limit and says so`, async () => {
    await using backend = await open();
    const results = byName(await collect(backend.generate(stream(requestsFor()), { ...SAMPLING, maxTokens: 1 })));
    for (const rollout of results.values()) {
      expect(rollout.responseTokens).toBe(1);
      if (rollout.text !== "") expect(rollout.finish).toBe("length");
    }
  });

  test(`${name} refuses an over-long prompt with the numbers, and goes on`, async () => {
    await using backend = await open();
    const long = newRequest("long", "circle ".repeat(backend.contextLength), [0, 1]);
    const results = await collect(backend.generate(stream([long, ...requestsFor()]), SAMPLING));
    const refused = results.filter((result) => result.type === "refused");
    expect(refused).toEqual([
      { type: "refused", sampleId: "long", reason: expect.stringContaining(String(backend.contextLength)) },
    ]);
    expect(byName(results).size).toBe(12);
  });

  test(`${name} ends early, without an error, when it is aborted`, async () => {
    await using backend = await open();
    const abort = new AbortController();
    const pulled = { count: 0 };
    async function* endless(): AsyncGenerator<RolloutRequest> {
      for (let at = 0; ; at++) yield* stream([newRequest(`sample-${at}`, "What color is the circle?", [0, 1])], pulled);
    }
    const seen: RolloutResult[] = [];
    for await (const result of backend.generate(endless(), SAMPLING, abort.signal)) {
      seen.push(result);
      if (seen.length === 3) abort.abort();
    }
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(pulled.count).toBeLessThan(5000);
  });

  test(`${name} pulls no more once its consumer has gone`, async () => {
    await using backend = await open();
    const pulled = { count: 0 };
    let closed = false;
    async function* source(): AsyncGenerator<RolloutRequest> {
      try {
        for (let at = 0; ; at++) yield* stream([newRequest(`sample-${at}`, "Is there a cross?", [0])], pulled);
      } finally {
        closed = true;
      }
    }
    for await (const _ of backend.generate(source(), SAMPLING)) break;
    const count = pulled.count;
    await new Promise((resolve) => setImmediate(resolve));
    expect(pulled.count).toBe(count);
    expect(closed).toBe(true);
  });

  test(`${name} gives results before it wants the next request, which may depend on them`, async () => {
    await using backend = await open();
    let wake: () => void = () => {};
    async function* source(): AsyncGenerator<RolloutRequest> {
      for (let at = 0; at < 3; at++) {
        const answered = new Promise<void>((resolve) => {
          wake = resolve;
        });
        yield newRequest(`sample-${at}`, "Is there a cross?", [0]);
        await answered;
      }
    }
    const seen: RolloutResult[] = [];
    for await (const result of backend.generate(source(), SAMPLING)) {
      seen.push(result);
      wake();
    }
    expect(byName(seen).size).toBe(3);
  });

  test(`${name} ends although the requests wait for what will not come, once they are closed`, async () => {
    await using backend = await open();
    let close: () => void = () => {};
    const closing = new Promise<void>((resolve) => {
      close = resolve;
    });
    let given = false;
    const source: AsyncIterableIterator<RolloutRequest> = {
      [Symbol.asyncIterator]: () => source,
      next: async () => {
        if (!given) {
          given = true;
          return { done: false, value: newRequest("sample-0", "Is there a cross?", [0]) };
        }
        await closing;
        return { done: true, value: undefined };
      },
      return: async () => {
        close();
        return { done: true, value: undefined };
      },
    };
    for await (const _ of backend.generate(source, SAMPLING)) break;
    await closing;
  });

  test(`${name} passes on an error of the requests`, async () => {
    await using backend = await open();
    async function* broken(): AsyncGenerator<RolloutRequest> {
      yield newRequest("sample-0", "Is there a cross?", [0]);
      throw new Error("the dataset is gone");
    }
    await expect(collect(backend.generate(broken(), SAMPLING))).rejects.toThrow("the dataset is gone");
  });
}
