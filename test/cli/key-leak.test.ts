import { readdir, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { main } from "../../src/cli/main.ts";
import { writePlantedDataset } from "../planted-dataset.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const KEYS = ["sk-4f9a81c2d7e0", 'a$&"\\b+(c|d)*%41<&>[key', "0123456789/+=="];

let said = "";

beforeEach(() => {
  said = "";
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((text) => {
      said += text;
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** A server that echoes the key of a request in its refusals: as a message, as a body, as an address. */
async function serve(status: (at: number) => number): Promise<string> {
  let asked = 0;
  const server: Server = createServer((request, response) => {
    request.resume().on("end", () => {
      const { authorization = "" } = request.headers;
      if (request.url === "/v1/models") return response.end(JSON.stringify({ data: [{ id: "m" }] }));
      asked += 1;
      response.statusCode = status(asked);
      const echoes = [
        JSON.stringify({ error: { message: `Bad header ${authorization}` } }),
        JSON.stringify({ errors: [{ header: authorization }] }),
        `see /login?header=${encodeURIComponent(authorization)}`,
      ];
      const choices = [{ message: { content: "\\boxed{1}" }, finish_reason: "stop" }];
      const prompt_tokens_details = { image_tokens: 5 };
      const answer = { choices, usage: { prompt_tokens: 9, completion_tokens: 3, prompt_tokens_details } };
      response.end(response.statusCode === 200 ? JSON.stringify(answer) : echoes[asked % 3]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

/** Runs a dataset against a server; everything that was said and written. */
async function runWith(key: string, url: string): Promise<{ code: number; written: Map<string, string> }> {
  const folder = await temporaryFolder();
  const out = join(folder, "run");
  vi.stubEnv("WINNOW_API_KEY", key);
  const flags = ["--attention", "none", "--rollouts", "1", "--allow-empty", "--out", out];
  const code = await main(["run", await writePlantedDataset(folder, 9), "--base-url", url, ...flags]);
  const written = new Map<string, string>();
  for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) written.set(path.slice(out.length + 1), await readFile(path, "utf8"));
  }
  return { code, written };
}

function expectNowhere(key: string, texts: Iterable<string>): void {
  const forms = [key, JSON.stringify(key).slice(1, -1), encodeURIComponent(key)];
  for (const text of texts) for (const form of forms) expect(text.includes(form)).toBe(false);
}

test.each(KEYS)("a key that a server echoes in refusals of samples is nowhere in the run: %s", async (key) => {
  const { code, written } = await runWith(key, await serve((at) => (at % 2 === 0 ? 200 : 400)));
  expect(code).toBe(0);
  expect(written.get("rejected.jsonl")).toContain("[key]");
  expect([...written.keys()]).toEqual(expect.arrayContaining(["run.json", "report.html"]));
  expectNowhere(key, [...written.values(), said]);
});

test.each(KEYS)("a key that a server echoes when it refuses it is not in the error: %s", async (key) => {
  const { code, written } = await runWith(key, await serve(() => 401));
  expect(code).toBe(1);
  expect(said).toContain("refuses the key");
  expectNowhere(key, [...written.values(), said]);
});

test("a key in an address is refused without saying it", async () => {
  const folder = await temporaryFolder();
  const dataset = await writePlantedDataset(folder, 1);
  for (const url of [
    "http://u:sk-secret@h/v1",
    "http://sk-secret@h/v1",
    "http://h/v1?key=sk-secret",
    "http://h/v1#sk-secret",
  ]) {
    expect(await main(["run", dataset, "--base-url", `http://a/v1,${url}`, "--out", join(folder, "run")])).toBe(2);
  }
  expect(said).toContain("an address without a key in it");
  expect(said).not.toContain("sk-secret");
});
