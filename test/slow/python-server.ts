import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "vitest";

/** The folder of Python's programs, as `.ci/run` or the worker's page installs them. */
const BIN = ["python/.venv/bin", "reproduction/.venv/bin"].find((path) => existsSync(join(path, "python")));
/** A test that needs Python; skipped, and said so, where it is not installed. */
export const withPython: typeof test.skip = BIN === undefined ? test.skip : test;
if (BIN === undefined) console.log("No python/.venv or reproduction/.venv: what needs Python is not tested here.");

/** Python itself; not to be used where it is not installed. */
export const PYTHON: string = join(BIN ?? "", "python");

/** A server that runs in Python. */
export interface PythonServer extends AsyncDisposable {
  readonly url: string;
  readonly process: ChildProcess;
}

/** Starts a program of the Python environment on a free port, and waits until its `/health` answers. */
export async function startPython(
  flagsOf: (port: number) => readonly string[],
  { program = "python", environment = {} }: { program?: string; environment?: Record<string, string> } = {},
): Promise<PythonServer> {
  const port = await freePort();
  const process = spawn(join(BIN as string, program), flagsOf(port), {
    env: { ...globalThis.process.env, PYTHONPATH: "python", OMP_NUM_THREADS: "1", ...environment },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const exited = new Promise<void>((resolve) => process.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  while ((await fetch(`${url}/health`).catch(() => undefined))?.ok !== true) {
    if (process.exitCode !== null) throw new Error(`${program} exited with ${process.exitCode}.`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    url,
    process,
    async [Symbol.asyncDispose]() {
      process.kill("SIGTERM");
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
