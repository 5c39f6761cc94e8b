import { spawn } from "node:child_process";
import { randomFillSync } from "node:crypto";
import { existsSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Backend, RolloutRequest, Sampling } from "../src/backends/backend.ts";
import { openOpenaiBackend } from "../src/backends/index.ts";
import { packageRoot } from "../src/lib/package-root.ts";
import type { PromptPart } from "../src/records.ts";

/** One side's rounds; a request asks for 5 rollouts of one image of 200 kB. */
export interface ClientFigures {
  readonly client: string;
  /** Milliseconds of processor time a request, user and system, the median round's. */
  readonly cpuPerRequest: number;
  readonly cpuOfRounds: readonly number[];
  /** Each round's, from its first request to its last answer. */
  readonly requestsPerSecond: readonly number[];
}

export interface DriverFigures {
  readonly winnow: ClientFigures;
  /** Absent without a Python that has `openai`; `note` says so. */
  readonly python?: ClientFigures;
  /** Python's processor time a request ÷ Winnow's. */
  readonly ratio?: number;
  readonly note?: string;
  /** Resident set size, in megabytes (10⁶), after so many samples of one stream, each asked in both arms. */
  readonly megabytes: Readonly<Record<number, number>>;
  /** Requests per second and milliseconds of processor time a request over that stream. */
  readonly stream: { readonly requestsPerSecond: number; readonly cpuPerRequest: number };
  /** Processes that wanted to run in the last minute, before and after; more than the cores means others were at work. */
  readonly loadAverage: readonly number[];
}

const ROLLOUTS = 5;
const INDICES = [...Array(ROLLOUTS).keys()];
const IMAGE_BYTES = 200_000;
const IN_FLIGHT = 128;
const SAMPLING: Sampling = { temperature: 1, topP: 1, topK: 0, maxTokens: 1024, seed: 1 };
const QUESTION = "Which of the options is right?\nA. 1\nB. 2\nC. 3\nD. 4\nThink first, then answer in \\boxed{}.";
const STREAM = 50_000;
/** Samples of the stream after which memory is noted. */
const MARK = 5_000;

interface Round {
  readonly seconds: number;
  /** Seconds of processor time. */
  readonly cpu: number;
}

/**
 * The HTTP driver against a stub server in a process of its own, as fast as it will go, in turns with
 * Python's AsyncOpenAI under the same load; then one stream of 50,000 samples, for the memory.
 */
export async function benchmarkDriver(rounds = 3): Promise<DriverFigures> {
  const [before] = loadavg();
  await using stub = await openStub();
  const winnow: Round[] = [];
  const python: Round[] = [];
  await using theirs = await openPython(stub.url);
  await using backend = await openOpenaiBackend({ baseUrls: [stub.url], concurrency: IN_FLIGHT });
  await ask(backend, newRequests("warm-up", 1000, ["image"]));
  await theirs?.round(100);
  for (let round = 1; round <= rounds; round++) {
    winnow.push(await ask(backend, newRequests(`${round}`, 5000, ["image"])));
    if (theirs !== undefined) python.push(await theirs.round(1000));
  }
  const ours = toFigures("winnow", winnow, 5000);
  const compared = theirs && toFigures(theirs.client, python, 1000);
  const megabytes: Record<number, number> = {};
  const note = (sample: number): void => {
    if (sample % MARK === 0) megabytes[sample] = process.memoryUsage.rss() / 1e6;
  };
  const whole = await ask(backend, newRequests("stream", STREAM, ["image", "text"], note));
  return {
    winnow: ours,
    ...(compared
      ? { python: compared, ratio: compared.cpuPerRequest / ours.cpuPerRequest }
      : { note: "AsyncOpenAI was not measured: reproduction/.venv has no Python with openai." }),
    megabytes,
    stream: { requestsPerSecond: (2 * STREAM) / whole.seconds, cpuPerRequest: (whole.cpu * 1000) / (2 * STREAM) },
    loadAverage: [before as number, loadavg()[0] as number],
  };
}

async function ask(backend: Backend, requests: AsyncIterable<RolloutRequest>): Promise<Round> {
  const started = performance.now();
  const before = process.cpuUsage();
  for await (const result of backend.generate(requests, SAMPLING)) {
    if (result.type === "refused") throw new Error(result.reason);
  }
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - started) / 1000, cpu: (user + system) / 1e6 };
}

/** Samples with an image of their own each, as a dataset's reader makes them one by one. */
async function* newRequests(
  name: string,
  samples: number,
  arms: readonly ("image" | "text")[],
  note: (sample: number) => void = () => {},
): AsyncGenerator<RolloutRequest> {
  const noise = randomFillSync(new Uint8Array(IMAGE_BYTES));
  noise.set([0x89, 0x50, 0x4e, 0x47]);
  for (let sample = 1; sample <= samples; sample++) {
    const bytes = noise.slice();
    new DataView(bytes.buffer).setUint32(100, sample);
    for (const arm of arms) {
      const picture: PromptPart[] = arm === "image" ? [{ type: "image", bytes }] : [];
      const parts: PromptPart[] = [...picture, { type: "text", text: QUESTION }];
      yield { prompt: { sampleId: `${name}-${sample}`, arm, parts }, indices: INDICES };
    }
    note(sample);
  }
}

function toFigures(client: string, rounds: readonly Round[], requests: number): ClientFigures {
  const cpu = rounds.map((round) => (round.cpu * 1000) / requests);
  return {
    client,
    cpuPerRequest: cpu.toSorted((a, b) => a - b)[Math.floor(cpu.length / 2)] as number,
    cpuOfRounds: cpu,
    requestsPerSecond: rounds.map((round) => requests / round.seconds),
  };
}

/** A child that answers in lines and ends with its standard input; `undefined` when it ends before its first line. */
async function openChild(command: string, parameters: readonly string[]) {
  const child = spawn(command, parameters, { stdio: ["pipe", "pipe", "ignore"] });
  const exited = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  const close = async (): Promise<void> => {
    child.stdin.end();
    await exited;
  };
  if (first.done) return undefined;
  const next = async (line: string): Promise<string> => {
    child.stdin.write(`${line}\n`);
    const answer = await lines.next();
    if (answer.done) throw new Error(`${parameters[0]} ended before its round was over`);
    return answer.value;
  };
  return { first: first.value, next, [Symbol.asyncDispose]: close };
}

async function openStub(): Promise<AsyncDisposable & { url: string }> {
  const child = await openChild(process.execPath, [fileURLToPath(new URL("./stub-server.js", import.meta.url))]);
  if (child === undefined) throw new Error("the stub server did not start");
  return { ...child, url: `http://127.0.0.1:${child.first}/v1` };
}

async function openPython(url: string) {
  const python = join(packageRoot(), "reproduction/.venv/bin/python");
  if (!existsSync(python)) return undefined;
  const load = ["--image-bytes", `${IMAGE_BYTES}`, "--rollouts", `${ROLLOUTS}`, "--in-flight", `${IN_FLIGHT}`];
  const child = await openChild(python, [join(packageRoot(), "benchmarks/async_openai.py"), url, ...load]);
  if (child === undefined) return undefined;
  return {
    client: (JSON.parse(child.first) as { client: string }).client,
    round: async (requests: number) => JSON.parse(await child.next(`${requests}`)) as Round,
    [Symbol.asyncDispose]: child[Symbol.asyncDispose],
  };
}
