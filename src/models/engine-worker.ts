import { parentPort, workerData } from "node:worker_threads";
import { WinnowError } from "../errors.ts";
import type { TracedToken } from "./generate-group.ts";
import { openLocalEngine } from "./local-engine.ts";
import type { Job, JobEvent, Notice, Order, WorkerData } from "./worker-protocol.ts";

/** The other end of `worker-engine.ts`: a thread with the model's sessions that runs one job at a time. */
const { directory, threads, busy } = workerData as WorkerData;
let running = new AbortController();
let job: Promise<void> = Promise.resolve();

function send(notice: Notice): void {
  if (notice.type !== "event") rest();
  parentPort?.postMessage(notice);
}

function rest(): void {
  Atomics.store(busy, 0, 0);
  Atomics.notify(busy, 0);
}

function sendFailure(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  send({ type: "failed", message, ...(error instanceof WinnowError && { code: error.code }) });
}

try {
  const engine = await openLocalEngine(directory, threads);
  const run = async (job: Job): Promise<void> => {
    running = new AbortController();
    const report = (event: JobEvent): void => send({ type: "event", event });
    if (job.kind === "generate") {
      const trace = (tokens: readonly TracedToken[]): void => report({ kind: "trace", tokens });
      await engine.generate(job.group, (rows) => report({ kind: "generate", rows }), running.signal, trace);
    } else {
      await engine.attend(job.group, (block) => report({ kind: "attend", block }), running.signal);
    }
  };
  parentPort?.on("message", (order: Order) => {
    if (order.type === "run") job = run(order.job).then(() => send({ type: "done" }), sendFailure);
    else running.abort();
    if (order.type === "close") void job.then(() => engine[Symbol.asyncDispose]()).then(() => parentPort?.close());
  });
  send({ type: "ready", traits: { hasAttention: engine.hasAttention, bytesPerToken: engine.bytesPerToken } });
} catch (error) {
  sendFailure(error);
}
