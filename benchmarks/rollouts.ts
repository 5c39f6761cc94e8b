import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { RolloutRequest, Sampling } from "../src/backends/backend.ts";
import { openOnnxBackend } from "../src/backends/index.ts";
import { openDataset } from "../src/formats/index.ts";
import { packageRoot } from "../src/lib/package-root.ts";
import { buildImagePrompt, buildTextPrompt } from "../src/prompts/build-prompt.ts";
import type { Prompt } from "../src/records.ts";

export interface RolloutBenchmarkOptions {
  /** Samples of examples/figures, each asked in both arms; 400 when absent. */
  readonly samples?: number;
  /** Rollouts per arm; 5 when absent. */
  readonly rollouts?: number;
  /** Timed rounds of each side, taking turns; 3 when absent. */
  readonly rounds?: number;
  /** Cores for either side; all when absent. */
  readonly threads?: number;
  /** A Python with torch and transformers; that of reproduction/.venv when absent. */
  readonly python?: string;
}

/** One side's rounds. Rates are response tokens per second, the median round's. */
export interface RolloutRate {
  readonly engine: string;
  /** Tokens of each round. */
  readonly tokens: readonly number[];
  /** Seconds of each round, images and tokenising included. */
  readonly seconds: readonly number[];
  readonly tokensPerSecond: number;
}

export interface RolloutFigures {
  readonly samples: number;
  readonly rollouts: number;
  readonly threads: number;
  readonly embedded: RolloutRate;
  /** Absent without a Python that has torch and transformers; `note` says so. */
  readonly huggingFace?: RolloutRate & {
    readonly batchRows: number;
    /** With the processor's time left out, which the embedded side's still holds. */
    readonly generateTokensPerSecond: number;
  };
  /** Embedded ÷ Hugging Face, everything included on both sides. */
  readonly ratio?: number;
  /** Embedded, everything included, ÷ Hugging Face's `generate` alone. */
  readonly ratioToGenerate?: number;
  readonly note?: string;
}

const MAX_TOKENS = 32;

/**
 * Response tokens per second of the embedded backend and of Hugging Face's `generate`: the same
 * model, prompts and sampling settings on the same cores, in turns (A B A B …), one warm-up each.
 * Hugging Face samples M rollouts per prompt in batches of the size it is fastest at.
 */
export async function benchmarkRollouts(options: RolloutBenchmarkOptions = {}): Promise<RolloutFigures> {
  const { samples = 400, rollouts = 5, rounds = 3, threads = availableParallelism() } = options;
  const model = join(packageRoot(), "models/nano");
  const prompts = await readPrompts(samples);
  await using backend = await openOnnxBackend({ model, threads });
  const sampling = { temperature: 1, topP: 1, topK: 0, maxTokens: MAX_TOKENS };
  const ours = async (seed: number): Promise<{ tokens: number; seconds: number }> => {
    const started = performance.now();
    let tokens = 0;
    for await (const result of backend.generate(requests(prompts, rollouts), {
      ...sampling,
      seed,
    } satisfies Sampling)) {
      if (result.type === "refused") throw new Error(result.reason);
      tokens += result.rollout.responseTokens;
    }
    return { tokens, seconds: (performance.now() - started) / 1000 };
  };

  await using theirs = await HuggingFace.open(prompts, { model, rollouts, threads, python: options.python });
  await ours(0);
  const embedded: { tokens: number; seconds: number }[] = [];
  const huggingFace: HuggingFaceRound[] = [];
  for (let round = 1; round <= rounds; round++) {
    embedded.push(await ours(round));
    if (theirs.available) huggingFace.push(await theirs.round());
  }

  const figures = { samples, rollouts, threads, embedded: toRate("winnow onnx", embedded) };
  if (!theirs.available) return { ...figures, note: theirs.note };
  const total = huggingFace.map(({ tokens, process, generate }) => ({ tokens, seconds: process + generate }));
  const generate = toRate(
    "",
    huggingFace.map(({ tokens, generate }) => ({ tokens, seconds: generate })),
  );
  const rate = toRate(theirs.engine, total);
  return {
    ...figures,
    huggingFace: { ...rate, batchRows: theirs.batchRows, generateTokensPerSecond: generate.tokensPerSecond },
    ratio: figures.embedded.tokensPerSecond / rate.tokensPerSecond,
    ratioToGenerate: figures.embedded.tokensPerSecond / generate.tokensPerSecond,
  };
}

async function readPrompts(samples: number): Promise<Prompt[]> {
  await using dataset = await openDataset(join(packageRoot(), "examples/figures"), { fields: {} });
  const prompts: Prompt[] = [];
  for await (const item of dataset.read()) {
    if (prompts.length === 2 * samples) break;
    if (item.type !== "sample") continue;
    prompts.push(buildImagePrompt(item.sample, ""), buildTextPrompt(item.sample, ""));
  }
  return prompts;
}

async function* requests(prompts: readonly Prompt[], rollouts: number): AsyncGenerator<RolloutRequest> {
  const indices = [...Array(rollouts).keys()];
  for (const arm of ["image", "text"]) {
    for (const prompt of prompts) if (prompt.arm === arm) yield { prompt, indices };
  }
}

function toRate(engine: string, rounds: readonly { tokens: number; seconds: number }[]): RolloutRate {
  const rates = rounds.map(({ tokens, seconds }) => tokens / seconds).sort((a, b) => a - b);
  return {
    engine,
    tokens: rounds.map((round) => round.tokens),
    seconds: rounds.map((round) => round.seconds),
    tokensPerSecond: rates[Math.floor(rates.length / 2)] ?? 0,
  };
}

interface HuggingFaceRound {
  readonly tokens: number;
  /** Seconds of the processor and of `generate`. */
  readonly process: number;
  readonly generate: number;
}

/** `hf_generate.py`, which waits between rounds without using a core. */
class HuggingFace implements AsyncDisposable {
  readonly note: string;
  readonly engine: string;
  readonly batchRows: number;
  readonly #lines: AsyncIterator<string> | undefined;
  readonly #ask: (() => void) | undefined;
  readonly #close: () => Promise<void>;

  private constructor(
    state: { note: string } | { engine: string; batchRows: number; lines: AsyncIterator<string>; ask: () => void },
    close: () => Promise<void>,
  ) {
    const found = "lines" in state ? state : undefined;
    this.note = "note" in state ? state.note : "";
    this.engine = found?.engine ?? "";
    this.batchRows = found?.batchRows ?? 0;
    this.#lines = found?.lines;
    this.#ask = found?.ask;
    this.#close = close;
  }

  static async open(
    prompts: readonly Prompt[],
    options: { model: string; rollouts: number; threads: number; python: string | undefined },
  ): Promise<HuggingFace> {
    const root = packageRoot();
    const python = options.python ?? join(root, "reproduction/.venv/bin/python");
    if (!existsSync(python)) {
      return new HuggingFace(
        { note: `Hugging Face was not measured: there is no Python at ${python}.` },
        async () => {},
      );
    }
    const folder = await mkdtemp(join(tmpdir(), "winnow-bench-"));
    const file = join(folder, "prompts.jsonl");
    await writeFile(
      file,
      prompts.map((prompt) => `${JSON.stringify({ parts: prompt.parts.map(toPlain) })}\n`).join(""),
    );
    const script = join(root, "benchmarks/hf_generate.py");
    const { model, rollouts, threads } = options;
    const flags = ["--rollouts", `${rollouts}`, "--max-tokens", `${MAX_TOKENS}`, "--threads", `${threads}`];
    const child = spawn(python, [script, model, file, ...flags], { stdio: ["pipe", "pipe", "pipe"] });
    let trouble = "";
    child.stderr.on("data", (chunk: Buffer) => {
      trouble = `${trouble}${chunk}`.slice(-2000);
    });
    const exited = new Promise<void>((resolve) => child.on("close", () => resolve()));
    const close = async (): Promise<void> => {
      child.stdin.end();
      await exited;
      await rm(folder, { recursive: true });
    };
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ready = await lines.next();
    if (ready.done) {
      const reason = trouble.trim().split("\n").at(-1);
      return new HuggingFace({ note: `Hugging Face was not measured: ${python} failed (${reason}).` }, close);
    }
    return new HuggingFace({ ...JSON.parse(ready.value), lines, ask: () => child.stdin.write("round\n") }, close);
  }

  get available(): boolean {
    return this.#lines !== undefined;
  }

  async round(): Promise<HuggingFaceRound> {
    this.#ask?.();
    const line = await this.#lines?.next();
    if (line === undefined || line.done) throw new Error("hf_generate.py ended before its round was over");
    return JSON.parse(line.value) as HuggingFaceRound;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

function toPlain(part: Prompt["parts"][number]): { text: string } | { image: string } {
  return part.type === "text" ? { text: part.text } : { image: Buffer.from(part.bytes).toString("base64") };
}
