import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WinnowError } from "../../src/errors.ts";
import { openReward } from "../../src/graders/index.ts";

const REQUEST = { groundTruth: "3", response: "abc" };
let server: Server;
let address: string;
let failures = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (text) => {
      body += text;
    });
    request.on("end", () => {
      if (request.url === "/flaky" && failures++ < 1) return response.writeHead(503).end();
      if (request.url === "/refused") return response.writeHead(401).end("no");
      const { groundTruth } = JSON.parse(body);
      const grade = request.url === "/odd" ? { score: 1 } : { verdict: groundTruth === "3" ? "correct" : "wrong" };
      return response.end(JSON.stringify(grade));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

test("a module's grade function decides, and its file's hash is its version", async () => {
  await using reward = await openReward("test/graders/fixtures/length-reward.js");
  expect(await reward.grade(REQUEST)).toEqual({ verdict: "correct", answer: "3", rule: "letters" });
  expect(await reward.grade({ ...REQUEST, groundTruth: "4" })).toMatchObject({ verdict: "wrong" });
  expect(reward.version).toMatch(/^[0-9a-f]{16}$/);
  expect(reward.check("3")).toEqual({ gradable: true, kind: "own" });
});

test("anything but a grade is an error that says what was expected, never a verdict", async () => {
  await using reward = await openReward("test/graders/fixtures/bad-reward.js");
  await expect(reward.grade(REQUEST)).rejects.toThrow(/bad-reward\.js: expected \{verdict.*found 0\.5/);
  await using odd = await openReward(`${address}/odd`);
  await expect(odd.grade(REQUEST)).rejects.toThrow(WinnowError);
});

test("a module that is absent or has no grade function is a usage error", async () => {
  await expect(openReward("no/such/reward.js")).rejects.toMatchObject({ code: "usage" });
  await expect(openReward("test/graders/random-text.ts")).rejects.toThrow(/must export a function `grade`/);
});

test("an endpoint gets the request and answers with a grade", async () => {
  await using reward = await openReward(`${address}/grade`);
  expect(await reward.grade(REQUEST)).toEqual({ verdict: "correct", rule: "reward" });
});

test("a server error is tried again; a refusal is an error at once", async () => {
  await using flaky = await openReward(`${address}/flaky`);
  expect(await flaky.grade(REQUEST)).toMatchObject({ verdict: "correct" });
  await using refused = await openReward(`${address}/refused`);
  await expect(refused.grade(REQUEST)).rejects.toThrow(/status 401/);
});
