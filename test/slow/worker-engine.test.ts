import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openOnnxBackend } from "../../src/backends/index.ts";
import { packageRoot } from "../../src/lib/package-root.ts";
import { byName, collect, newRequest, SAMPLING, stream } from "../backends/contract.ts";

/** Inside the package, so that its dependencies are found. */
const built = join(packageRoot(), "node_modules/.cache/winnow-worker-test");
const run = promisify(execFile);

beforeAll(async () => {
  await run("npx", ["tsc", "-p", "tsconfig.build.json", "--outDir", built], { cwd: packageRoot() });
});
afterAll(() => rm(built, { recursive: true, force: true }));

/** Runs a module that has `openOnnxBackend`, the model's path and 40 requests at hand; gives its exit code and output. */
async function runModule(body: string): Promise<{ code: number; output: string }> {
  const source = `
    const { openOnnxBackend } = await import(${JSON.stringify(pathToFileURL(join(built, "backends/index.js")).href)});
    const model = ${JSON.stringify(join(packageRoot(), "models/nano"))};
    const sampling = ${JSON.stringify(SAMPLING)};
    async function* requests(count) {
      for (let at = 0; at < count; at++) {
        const parts = [{ type: "text", text: "What color is circle " + (at % 7) + "?" }];
        yield { prompt: { sampleId: "sample-" + at, arm: "text", parts }, indices: [0, 1, 2] };
      }
    }
    ${body}`;
  try {
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", source], { maxBuffer: 2 ** 26 });
    return { code: 0, output: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, output: stdout + stderr };
  }
}

test("two worker threads give the rollouts that the calling thread gives", async () => {
  const { code, output } = await runModule(`
    const backend = await openOnnxBackend({ model, workers: 2 });
    for await (const result of backend.generate(requests(40), sampling)) console.log(JSON.stringify(result));
    await backend[Symbol.asyncDispose]();`);
  expect(code).toBe(0);
  const theirs = byName(
    output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  );
  await using backend = await openOnnxBackend({ model: "models/nano", workers: 0 });
  const requests = Array.from({ length: 40 }, (_, at) =>
    newRequest(`sample-${at}`, `What color is circle ${at % 7}?`, [0, 1, 2]),
  );
  expect(theirs).toEqual(byName(await collect(backend.generate(stream(requests), SAMPLING))));
});

test("a process that ends in the midst of decoding ends with its own exit code", async () => {
  const { code } = await runModule(`
    const backend = await openOnnxBackend({ model, workers: 2 });
    let count = 0;
    for await (const _ of backend.generate(requests(2000), sampling)) if (++count === 100) process.exit(7);`);
  expect(code).toBe(7);
});

test("a backend closed in the midst of decoding does not hang, and one forgotten does not keep the process alive", async () => {
  const closed = await runModule(`
    const backend = await openOnnxBackend({ model, workers: 2 });
    let count = 0;
    for await (const _ of backend.generate(requests(2000), sampling)) if (++count === 100) break;
    await backend[Symbol.asyncDispose]();
    console.log("closed");`);
  expect(closed).toEqual({ code: 0, output: "closed\n" });
  const forgotten = await runModule(`
    const backend = await openOnnxBackend({ model, workers: 2 });
    for await (const _ of backend.generate(requests(3), sampling));
    console.log("done");`);
  expect(forgotten).toEqual({ code: 0, output: "done\n" });
});

test("a model that cannot be loaded is told from a worker as from the calling thread", async () => {
  const { output } = await runModule(`
    await openOnnxBackend({ model: "no/such/model", workers: 2 }).catch((error) => console.log(error.code, error.message));`);
  expect(output).toContain("input");
  expect(output).toContain("expected a model directory");
});
