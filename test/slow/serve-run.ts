import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { packageRoot } from "../../src/lib/package-root.ts";

const winnow = join(packageRoot(), "bin", "winnow.js");

/** Runs one command line of the built package to its end; what it printed. Throws with its errors when it fails. */
export async function runWinnow(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [winnow, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const [out, err] = [collect(child.stdout), collect(child.stderr)];
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`winnow ${args.join(" ")}: ${err()}`);
  return out();
}

/** `winnow view` in a process of its own, ended when disposed; directories may be relative to `cwd`. */
export async function startViewer(
  directories: readonly string[],
  cwd?: string,
): Promise<AsyncDisposable & { readonly url: string; readonly child: ChildProcess }> {
  const child = spawn(process.execPath, [winnow, "view", ...directories, "--port", "0", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd,
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return {
    url: (JSON.parse(line.toString()) as { url: string }).url,
    child,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}
