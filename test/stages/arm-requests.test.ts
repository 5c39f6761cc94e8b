import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import type { RolloutRequest } from "../../src/backends/backend.ts";
import { ArmRequests, type Asked } from "../../src/stages/arm-requests.ts";

const askedOf = (sampleId: string, indices: readonly number[]): Asked => ({
  prompt: { sampleId, arm: "text", parts: [{ type: "text", text: sampleId }] },
  indices,
  truth: { groundTruth: `answer ${sampleId}` },
});

async function* stream(asked: readonly Asked[]): AsyncGenerator<Asked> {
  yield* asked;
}

async function pull(requests: ArmRequests): Promise<string | undefined> {
  const next = await requests.next();
  return next.done ? undefined : nameOf(next.value);
}

function nameOf({ prompt, indices }: RolloutRequest): string {
  return `${prompt.sampleId} ${indices.join(",")}`;
}

test("a prompt that its graded rollouts left open is asked for again before the samples that follow", async () => {
  const next = new Map([["a", [[2], []]]]);
  const follow = (id: string): number[] => next.get(id)?.shift() ?? [];
  const requests = new ArmRequests(stream([askedOf("a", [0, 1]), askedOf("b", [0]), askedOf("c", [0])]), follow);
  expect(await pull(requests)).toBe("a 0,1");
  requests.graded("a");
  expect(await pull(requests)).toBe("b 0");
  requests.graded("a");
  expect(requests.truthOf("a")).toEqual({ groundTruth: "answer a" });
  expect(await pull(requests)).toBe("a 2");
  requests.graded("a");
  expect(requests.truthOf("a")).toBeUndefined();
  expect(await pull(requests)).toBe("c 0");
});

test("it ends once every rollout is graded, and waits for those that are not", async () => {
  const follow = (id: string): number[] => (id === "a" && !asked ? [1] : []);
  let asked = false;
  const requests = new ArmRequests(stream([askedOf("a", [0]), askedOf("b", [0])]), follow);
  await pull(requests);
  await pull(requests);
  const waiting = pull(requests);
  requests.drop("b");
  requests.graded("a");
  asked = true;
  expect(await waiting).toBe("a 1");
  const last = pull(requests);
  requests.graded("a");
  expect(await last).toBeUndefined();
});

test("whoever waits is let go when it is closed, aborted, or grading breaks", async () => {
  const abort = new AbortController();
  const open = async (signal?: AbortSignal): Promise<ArmRequests> => {
    const requests = new ArmRequests(stream([askedOf("a", [0])]), undefined, signal);
    await pull(requests);
    return requests;
  };
  const closed = await open();
  const one = pull(closed);
  await closed.return();
  expect(await one).toBeUndefined();
  const aborted = await open(abort.signal);
  const other = pull(aborted);
  abort.abort();
  expect(await other).toBeUndefined();
  const { signal } = new AbortController();
  const done = await open(signal);
  done.graded("a");
  expect(await pull(done)).toBeUndefined();
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
  const failed = await open();
  const third = pull(failed);
  failed.fail(new Error("the grader is gone"));
  await expect(third).rejects.toThrow("the grader is gone");
});
