import { Worker } from "node:worker_threads";
import { WinnowError } from "../errors.ts";
import type { Engine } from "./engine.ts";
import type { ModelDirectory } from "./model-directory.ts";
import type { Job, JobEvent, Notice, Order, WorkerData } from "./worker-protocol.ts";

/** How long the end of the process waits for a step of a large model. */
const HALT_MS = 5000;

const CLOSED = "the embedded model was closed while it was running";

/** A worker thread and what waits for its next notice. */
class Lane {
  readonly #worker: Worker;
  readonly #busy = new Int32Array(new SharedArrayBuffer(4)).fill(1);
  readonly #exited: Promise<void>;
  #onNotice: ((notice: Notice) => void) | undefined;
  #closing = false;

  constructor(directory: ModelDirectory, threads: number) {
    const data: WorkerData = { directory, threads, busy: this.#busy };
    this.#worker = new Worker(new URL("./engine-worker.js", import.meta.url), { workerData: data, execArgv: [] });
    this.#worker.on("message", (notice: Notice) => this.#onNotice?.(notice));
    this.#worker.on("error", (error) => this.#onNotice?.({ type: "failed", message: error.message }));
    this.#exited = new Promise((resolve) => {
      this.#worker.on("exit", (code) => {
        this.#onNotice?.({ type: "failed", message: `a worker thread of the embedded model ended with code ${code}` });
        resolve();
      });
    });
  }

  /** Resolves when the model is loaded. */
  ready(): Promise<Pick<Engine, "hasAttention" | "bytesPerToken">> {
    return new Promise((resolve, reject) => {
      this.#onNotice = (notice) => {
        if (notice.type === "ready") resolve(notice.traits);
        if (notice.type === "failed") reject(toError(notice));
        this.#worker.unref();
      };
    });
  }

  run(job: Job, onEvent: (event: JobEvent) => void, signal?: AbortSignal): Promise<void> {
    const cancel = (): void => this.#send({ type: "cancel" });
    let listenerError: { readonly cause: unknown } | undefined;
    return new Promise<void>((resolve, reject) => {
      this.#onNotice = (notice) => {
        if (notice.type === "done") listenerError === undefined ? resolve() : reject(listenerError.cause);
        if (notice.type === "failed") reject(toError(notice));
        if (notice.type !== "event" || listenerError !== undefined) return;
        try {
          onEvent(notice.event);
        } catch (cause) {
          listenerError = { cause };
          cancel();
        }
      };
      this.#worker.ref();
      Atomics.store(this.#busy, 0, 1);
      this.#send({ type: "run", job });
      signal?.addEventListener("abort", cancel);
    }).finally(() => {
      signal?.removeEventListener("abort", cancel);
      if (!this.#closing) this.#worker.unref();
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#onNotice?.({ type: "failed", message: CLOSED });
    this.#onNotice = undefined;
    this.#worker.ref();
    this.#send({ type: "close" });
    await this.#exited;
  }

  /** Blocks until the worker is between two steps: ending the process within one would end in an abort. */
  halt(): void {
    this.#send({ type: "cancel" });
    Atomics.wait(this.#busy, 0, 1, HALT_MS);
  }

  #send(order: Order): void {
    this.#worker.postMessage(order);
  }
}

/**
 * Runs groups in worker threads, each with its own sessions of `threads` threads: for a small
 * model, many single-threaded sessions are faster than one with many threads, and the calling
 * thread stays free.
 */
export async function openWorkerEngine(directory: ModelDirectory, workers: number, threads: number): Promise<Engine> {
  const lanes = Array.from({ length: workers }, () => new Lane(directory, threads));
  const halt = (): void => {
    for (const lane of lanes) lane.halt();
  };
  let closed = false;
  const close = async (): Promise<void> => {
    closed = true;
    await Promise.all(lanes.map((lane) => lane.close()));
    process.off("exit", halt);
  };
  process.on("exit", halt);
  const traits = await Promise.all(lanes.map((lane) => lane.ready())).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const idle = [...lanes];
  const waiting: ((lane: Lane) => void)[] = [];

  const run = async (job: Job, onEvent: (event: JobEvent) => void, signal?: AbortSignal): Promise<void> => {
    const lane = idle.pop() ?? (await new Promise<Lane>((resolve) => waiting.push(resolve)));
    try {
      if (closed) throw new Error(CLOSED);
      if (!signal?.aborted) await lane.run(job, onEvent, signal);
    } finally {
      const next = waiting.shift();
      if (next) next(lane);
      else idle.push(lane);
    }
  };

  return {
    lanes: workers,
    ...(traits[0] as Pick<Engine, "hasAttention" | "bytesPerToken">),
    generate: (group, onFinished, signal, onTokens) => {
      const onEvent = (event: JobEvent): void => {
        if (event.kind === "generate") onFinished(event.rows);
        if (event.kind === "trace") onTokens?.(event.tokens);
      };
      return run({ kind: "generate", group }, onEvent, signal);
    },
    attend: (group, onBlock, signal) =>
      run({ kind: "attend", group }, (event) => event.kind === "attend" && onBlock(event.block), signal),
    [Symbol.asyncDispose]: close,
  };
}

function toError(notice: Notice & { type: "failed" }): Error {
  return notice.code === undefined ? new Error(notice.message) : new WinnowError(notice.code, notice.message);
}
