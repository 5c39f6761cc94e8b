import type { ErrorCode } from "../errors.ts";
import type { AttendGroup, AttentionBlock } from "./attend-group.ts";
import type { Engine } from "./engine.ts";
import type { GeneratedRow, GenerateGroup, TracedToken } from "./generate-group.ts";
import type { ModelDirectory } from "./model-directory.ts";

/** What an engine's worker thread is started with. */
export interface WorkerData {
  readonly directory: ModelDirectory;
  readonly threads: number;
  /** Shared: [1] while the worker loads the model or runs a job, else [0]. */
  readonly busy: Int32Array;
}

/** A group for a worker: it runs one at a time. */
export type Job =
  | { readonly kind: "generate"; readonly group: GenerateGroup }
  | { readonly kind: "attend"; readonly group: AttendGroup };

/** What a running job reports. */
export type JobEvent =
  | { readonly kind: "generate"; readonly rows: readonly GeneratedRow[] }
  | { readonly kind: "trace"; readonly tokens: readonly TracedToken[] }
  | { readonly kind: "attend"; readonly block: AttentionBlock };

/** From the main thread to a worker. */
export type Order =
  | { readonly type: "run"; readonly job: Job }
  | { readonly type: "cancel" }
  | { readonly type: "close" };

/** From a worker to the main thread. An error crosses as text, with the code of a `WinnowError`. */
export type Notice =
  | { readonly type: "ready"; readonly traits: Pick<Engine, "hasAttention" | "bytesPerToken"> }
  | { readonly type: "event"; readonly event: JobEvent }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly code?: ErrorCode; readonly message: string };
