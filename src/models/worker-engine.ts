import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { WinnowError } from "../errors.ts";
import type { Engine } from "./engine.ts";
import type { ModelDirectory } from "./model-directory.ts";
import type { Job, JobEvent, Notice, Order, WorkerData } from "./worker-protocol.ts";

/** A worker thread and what waits for its next notice. */
class Lane {
  readonly #worker: Worker;
  #onNotice: ((notice: Notice) => void) | undefined;

  constructor(data: WorkerData) {
    this.#worker = new Worker(new URL("./engine-worker.js", import.meta.url), { workerData: data });
    this.#worker.on("message", (notice: Notice) => this.#onNotice?.(notice));
    this.#worker.on("error", (error) => this.#onNotice?.({ type: "failed", message: error.message }));
    this.#worker.on("exit", (code) =>
      this.#onNotice?.({ type: "failed", message: `a worker thread of the embedded model ended with code ${code}` }),
    );
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
      this.#send({ type: "run", job });
      signal?.addEventListener("abort", cancel);
    }).finally(() => {
      signal?.removeEventListener("abort", cancel);
      this.#worker.unref();
    });
  }

  async close(): Promise<void> {
    this.#onNotice = undefined;
    this.#worker.ref();
    const exit = once(this.#worker, "exit");
    this.#send({ type: "close" });
    await exit;
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
  const lanes = Array.from({ length: workers }, () => new Lane({ directory, threads }));
  const [traits] = await Promise.all(lanes.map((lane) => lane.ready()));
  const idle = [...lanes];
  const waiting: ((lane: Lane) => void)[] = [];

  const run = async (job: Job, onEvent: (event: JobEvent) => void, signal?: AbortSignal): Promise<void> => {
    const lane = idle.pop() ?? (await new Promise<Lane>((resolve) => waiting.push(resolve)));
    try {
      if (!signal?.aborted) await lane.run(job, onEvent, signal);
    } finally {
      const next = waiting.shift();
      if (next) next(lane);
      else idle.push(lane);
    }
  };

  return {
    lanes: workers,
    ...(traits as Pick<Engine, "hasAttention" | "bytesPerToken">),
    generate: (group, onFinished, signal) =>
      run({ kind: "generate", group }, (event) => event.kind === "generate" && onFinished(event.rows), signal),
    attend: (group, onBlock, signal) =>
      run({ kind: "attend", group }, (event) => event.kind === "attend" && onBlock(event.block), signal),
    async [Symbol.asyncDispose]() {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

function toError(notice: Notice & { type: "failed" }): Error {
  return notice.code === undefined ? new Error(notice.message) : new WinnowError(notice.code, notice.message);
}
