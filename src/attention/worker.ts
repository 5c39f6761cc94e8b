import type { PsiOptions } from "../config.ts";
import { WinnowError } from "../errors.ts";
import { DataUri } from "../lib/render-json.ts";
import { type BucketPlan, runInBuckets } from "../lib/run-in-buckets.ts";
import type { Attention, Prompt, Rollout } from "../records.ts";
import type { AttentionRefusal, AttentionRequest, AttentionSource } from "./attention-source.ts";
import { openWorkerPool, type WorkerPool, type WorkerPoolOptions } from "./worker-pool.ts";

/** How the attention workers are asked; what is absent has the default named. */
export interface WorkerOptions extends WorkerPoolOptions {
  /** Responses of a request at most, ≥ 1; 16. */
  readonly batch?: number;
}

/** Requests in flight per worker: one it works on, one that waits, so that it is never idle. */
const LANES = 2;

/** Requests that wait here, and the bytes of their images. */
const WINDOW = { items: 256, bytes: 64 * 1024 * 1024 };

/**
 * Attention of real models from one or many `winnow-attention` workers (docs/attention/worker.md).
 * A worker reduces attention itself, so no row of it crosses the network. Every worker must
 * serve the same model; throws `WinnowError("model")` when they differ, or when none answers.
 */
export async function openWorkerAttention(options: WorkerOptions): Promise<AttentionSource> {
  const pool = await openWorkerPool(options);
  return {
    name: `worker ${pool.model}`,
    measure: (requests, scoring, signal) =>
      runInBuckets(requests, newWorkerPlan(pool, scoring.optionSets, options.batch ?? 16), signal),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}

/** How requests are sent: in their order, so that the responses to one prompt share its images. */
function newWorkerPlan(
  pool: WorkerPool,
  optionSets: Readonly<Record<string, PsiOptions>>,
  batch: number,
): BucketPlan<AttentionRequest, AttentionRequest, Attention | AttentionRefusal> {
  return {
    prepare: async (item) => ({ item }),
    keyOf: () => "all",
    sizeOf: () => 1,
    capacityOf: () => batch,
    // A worker passes a prompt once for all the responses of a request.
    together: (one, next) => one.prompt === next.prompt,
    bytesOf: ({ prompt }) => imageBytes(prompt),
    lanes: LANES * pool.size,
    window: WINDOW,
    run: async (items, emit, signal) => {
      const answer = await pool.post(writeRequest(items, optionSets), signal).catch((error: unknown) => {
        if (signal.aborted) return undefined;
        throw error;
      });
      if (answer === undefined) return;
      for (const [at, { rollout }] of items.entries()) emit(readResult(answer.results[at], rollout, optionSets));
    },
  };
}

function imageBytes(prompt: Prompt): number {
  return prompt.parts.reduce((sum, part) => sum + (part.type === "image" ? part.bytes.byteLength : 0), 0);
}

/** The body of `POST /v1/attention`, for `renderJson`; a prompt that several responses answer is sent once. */
function writeRequest(
  items: readonly AttentionRequest[],
  optionSets: Readonly<Record<string, PsiOptions>>,
): Record<string, unknown> {
  const prompts = [...new Set(items.map(({ prompt }) => prompt))];
  return {
    optionSets,
    prompts: prompts.map(({ parts }) =>
      parts.map((part) => (part.type === "text" ? part : { type: "image", image: new DataUri("", part.bytes) })),
    ),
    responses: items.map(({ prompt, rollout }) => ({
      prompt: prompts.indexOf(prompt),
      text: rollout.text,
      finish: rollout.finish ?? "stop",
      ...(rollout.responseTokens !== undefined && { responseTokens: rollout.responseTokens }),
      ...((rollout.promptTokens ?? 0) > 0 && { promptTokens: rollout.promptTokens }),
      ...(rollout.tokenIds && { tokenIds: rollout.tokenIds }),
    })),
  };
}

interface WorkerResult {
  readonly psi?: Readonly<Record<string, { readonly logPsi: number | null; readonly column: number | null }>>;
  readonly imageMass?: number;
  readonly entropy?: number;
  readonly topMass?: number;
  readonly token?: string | null;
  readonly tokenMismatch?: boolean;
  readonly error?: { readonly code: string; readonly message: string };
}

/** One entry of a worker's `results` as a record; `null` stands for −∞ there, since JSON has none. */
function readResult(
  result: unknown,
  rollout: Rollout,
  optionSets: Readonly<Record<string, PsiOptions>>,
): Attention | AttentionRefusal {
  const { sampleId, index } = rollout;
  const { psi, imageMass, entropy, topMass, token, tokenMismatch, error } = (result ?? {}) as WorkerResult;
  if (error !== undefined) {
    return { type: "refused", sampleId, reason: `attention of rollout ${index}: ${error.message}` };
  }
  const numbers = [imageMass, entropy, topMass];
  const missing = Object.keys(optionSets).find((name) => psi?.[name]?.logPsi === undefined);
  if (psi === undefined || missing !== undefined || !numbers.every(Number.isFinite)) {
    throw new WinnowError(
      "model",
      `The attention worker's result for rollout ${index} of sample ${sampleId} should hold psi, imageMass, entropy ` +
        `and topMass; found ${JSON.stringify(result)?.slice(0, 200)}. Check that worker and Winnow are of one version.`,
    );
  }
  return {
    sampleId,
    index,
    psi: Object.fromEntries(
      Object.entries(psi).map(([name, { logPsi, column }]) => [
        name,
        { logPsi: logPsi ?? Number.NEGATIVE_INFINITY, ...(column === null ? {} : { column }) },
      ]),
    ),
    imageMass: imageMass as number,
    entropy: entropy as number,
    topMass: topMass as number,
    ...(typeof token === "string" && { token }),
    ...(typeof tokenMismatch === "boolean" && { tokenMismatch }),
  };
}
