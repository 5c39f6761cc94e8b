import { setTimeout as sleep } from "node:timers/promises";
import { WinnowError } from "../errors.ts";
import { type Fetch, openTransport } from "../lib/open-transport.ts";
import { redact } from "../lib/redact.ts";
import { renderJson } from "../lib/render-json.ts";

/** Where attention workers are and how patiently they are asked. */
export interface WorkerPoolOptions {
  /** Addresses such as `http://gpu-1:8712`; at least one. */
  readonly urls: readonly string[];
  /** Sent as `Authorization: Bearer …`; never in an error text. */
  readonly key?: string;
  /** Milliseconds one request may take; 600,000. */
  readonly timeout?: number;
  /** Times a request is sent at most, on whatever worker is free; 10. */
  readonly attempts?: number;
  readonly fetch?: typeof fetch;
  /** Waits that many milliseconds, or rejects when the signal aborts. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** What a worker answers to `POST /v1/attention`. */
export interface WorkerAnswer {
  readonly model: string;
  readonly results: readonly unknown[];
}

/** Workers of one model; a request goes to the one with the fewest in flight. Disposing closes the connections. */
export interface WorkerPool extends AsyncDisposable {
  /** What the workers call their model. */
  readonly model: string;
  readonly size: number;
  /**
   * Posts one batch. A worker that fails is rested, longer each time in a row, and the batch is
   * sent to another; throws `WinnowError("model")` when a worker refuses it, or when all
   * attempts are spent.
   */
  post(body: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<WorkerAnswer>;
}

interface Worker {
  readonly url: string;
  inFlight: number;
  /** Failures in a row. */
  failures: number;
  /** Settles when a failed worker may be asked again. */
  rest: Promise<void> | undefined;
}

/** What one request came to: an answer, or why it should be sent again. */
type Outcome = { readonly answer: WorkerAnswer } | { readonly trouble: string };

const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 30_000;

/**
 * Asks every worker for its model. A batch may take longer than the five minutes Node's own `fetch`
 * waits for an answer. Throws `WinnowError("model")` when none answers or they differ.
 */
export async function openWorkerPool(options: WorkerPoolOptions): Promise<WorkerPool> {
  const urls = options.urls.map(checkUrl);
  const { key, timeout = 600_000, attempts = 10 } = options;
  const transport = options.fetch === undefined ? openTransport() : undefined;
  const close = async (): Promise<void> => transport?.[Symbol.asyncDispose]();
  const fetch: Fetch = options.fetch ?? transport!.fetch;
  const { wait = (milliseconds, signal) => sleep(milliseconds, undefined, { signal }) } = options;
  const headers = { "content-type": "application/json", ...(key !== undefined && { authorization: `Bearer ${key}` }) };
  const workers: Worker[] = urls.map((url) => ({ url, inFlight: 0, failures: 0, rest: undefined }));
  const model = await agreeOnModel(urls, fetch).catch(async (error: unknown) => {
    await close();
    throw error;
  });

  async function send(worker: Worker, body: Buffer<ArrayBuffer>, count: number, signal: AbortSignal): Promise<Outcome> {
    worker.inFlight += 1;
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
      const response = await fetch(`${worker.url}/v1/attention`, { method: "POST", headers, body, signal: limit });
      const text = await response.text();
      if (response.ok) return readAnswer(text, count);
      if (response.status >= 500 || response.status === 429 || response.status === 408) {
        return { trouble: `status ${response.status}: ${redact(text, key).slice(0, 200)}` };
      }
      throw new WinnowError(
        "model",
        `${worker.url} refused a batch of attention requests with status ${response.status}: ${redact(text, key).slice(0, 500)}`,
      );
    } catch (error) {
      if (error instanceof WinnowError || signal.aborted) throw error;
      return { trouble: describe(error) };
    } finally {
      worker.inFlight -= 1;
    }
  }

  async function pick(signal: AbortSignal): Promise<Worker> {
    for (;;) {
      const awake = workers.filter((worker) => worker.rest === undefined);
      if (awake.length > 0) return awake.reduce((best, one) => (one.inFlight < best.inFlight ? one : best));
      await Promise.race(workers.map((worker) => worker.rest));
      signal.throwIfAborted();
    }
  }

  /** Lets a worker rest; the rest ends early when this request is aborted, which harms nobody. */
  function rest(worker: Worker, signal: AbortSignal): void {
    const milliseconds = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** worker.failures);
    worker.failures += 1;
    worker.rest ??= wait(milliseconds, signal)
      .catch(() => {})
      .then(() => {
        worker.rest = undefined;
      });
  }

  return {
    model,
    size: urls.length,
    [Symbol.asyncDispose]: close,
    async post(body, signal) {
      const json = renderJson(body);
      const count = (body.responses as readonly unknown[]).length;
      let last = "";
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const worker = await pick(signal);
        const outcome = await send(worker, json, count, signal);
        if ("answer" in outcome) {
          worker.failures = 0;
          requireModel(outcome.answer.model, model, worker.url);
          return outcome.answer;
        }
        last = `${worker.url}: ${outcome.trouble}`;
        rest(worker, signal);
      }
      throw new WinnowError(
        "model",
        `No attention worker answered a batch in ${attempts} attempts; the last was ${last}. ` +
          "Finished work is saved: start the workers, and run the same command again.",
      );
    },
  };
}

/** The model of those workers that answer; the others may join later. */
async function agreeOnModel(urls: readonly string[], fetch: Fetch): Promise<string> {
  const troubles: string[] = [];
  let agreed: string | undefined;
  for (const url of urls) {
    try {
      const response = await fetch(`${url}/health`, { headers: {}, signal: AbortSignal.timeout(10_000) });
      if (!response.ok) throw new Error(`status ${response.status}`);
      const { model } = JSON.parse(await response.text()) as { model?: unknown };
      if (typeof model !== "string") throw new Error("its /health names no model");
      if (agreed !== undefined) requireModel(model, agreed, url);
      agreed = model;
    } catch (error) {
      if (error instanceof WinnowError) throw error;
      troubles.push(`${url}: ${describe(error)}`);
    }
  }
  if (agreed !== undefined) return agreed;
  throw new WinnowError(
    "model",
    `No attention worker answers (${troubles.join("; ")}). Start one with \`winnow-attention --model …\`, ` +
      "or run with `--attention none`.",
  );
}

function requireModel(found: string, expected: string, url: string): void {
  if (found === expected) return;
  throw new WinnowError(
    "model",
    `${url} serves ${found}, and another attention worker serves ${expected}; all must serve the model of the rollouts.`,
  );
}

function readAnswer(text: string, count: number): Outcome {
  let value: Partial<WorkerAnswer>;
  try {
    value = JSON.parse(text) as Partial<WorkerAnswer>;
  } catch {
    return { trouble: `an answer that is not whole JSON (${text.length} characters)` };
  }
  if (typeof value?.model !== "string" || !Array.isArray(value.results) || value.results.length !== count) {
    return { trouble: `an answer without a model and ${count} results` };
  }
  return { answer: value as WorkerAnswer };
}

function checkUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && (parsed.username !== "" || parsed.password !== "")) {
    throw new WinnowError(
      "usage",
      "`attentionUrls`: an address must hold no user or password, since `run.json` keeps it; " +
        "put the workers' key into WINNOW_ATTENTION_API_KEY.",
    );
  }
  if (parsed?.protocol === "http:" || parsed?.protocol === "https:") {
    return `${parsed.origin}${parsed.pathname.replace(/\/$/, "")}`;
  }
  throw new WinnowError(
    "usage",
    `\`attentionUrls\`: expected addresses such as http://localhost:8712, found \`${url}\`.`,
  );
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${cause}`;
}
