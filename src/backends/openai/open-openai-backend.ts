import { WinnowError } from "../../errors.ts";
import { type Clock, SYSTEM_CLOCK } from "../../lib/clock.ts";
import { openTransport, type Transport } from "../../lib/open-transport.ts";
import { runWidely } from "../../lib/run-widely.ts";
import type { Backend, RolloutRequest, RolloutResult } from "../backend.ts";
import { findModel, listModels, type ServedModel, type Unanswered } from "./check-server.ts";
import { describeDialect } from "./dialect.ts";
import { fingerprintModel } from "./model-fingerprint.ts";
import { PromptAsker } from "./prompt-asker.ts";
import { type Server, ServerPool } from "./server-pool.ts";
import { Sight } from "./sight.ts";

export interface OpenaiBackendOptions {
  /** Base addresses up to and including `/v1`. */
  readonly baseUrls: readonly string[];
  /** Name the servers give the model; the only one they list when absent. */
  readonly model?: string;
  /** Sent as a bearer token; kept out of every message. */
  readonly apiKey?: string;
  /** Seconds one request may take; 600 when absent. */
  readonly timeout?: number | undefined;
  /** Requests in flight per server at most; 256 when absent. */
  readonly concurrency?: number | undefined;
  /** Seconds without any success, failures in between, after which the run stops; 600 when absent. */
  readonly patience?: number | undefined;
  /** Pixels of an image at most, larger ones scaled down; no limit when absent. */
  readonly maxPixels?: number | undefined;
  /** The servers read the dataset's files under the same paths, and are sent `file://` addresses of images. */
  readonly localImages?: boolean | undefined;
  /** Fields on top of every request's body; `null` takes one out. */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined;
  readonly fetch?: typeof fetch;
  readonly clock?: Clock;
  /** Numbers in [0, 1) for the jitter of retries. */
  readonly random?: () => number;
}

const ATTEMPTS = 8;
/** Milliseconds a list of models may take at the start. */
const GREETING = 10_000;

/**
 * Opens a fleet of OpenAI-compatible servers as one backend. Servers that are down now are tried
 * again while it works; without a model's name one of them has to be there to say it. Throws
 * `WinnowError`: `usage` (no server named), `model` (another model's name, a refused key).
 */
export async function openOpenaiBackend(options: OpenaiBackendOptions): Promise<Backend> {
  const { apiKey, maxPixels, localImages, extraBody = {}, clock = SYSTEM_CLOCK, random = Math.random } = options;
  const { timeout = 600, concurrency = 256, patience = 600 } = options;
  const urls = [...new Set(options.baseUrls.map((url) => url.replace(/\/+$/, "")))];
  if (urls.length === 0) throw new WinnowError("usage", "No server was named: --base-url http://host:8000/v1");
  const transport = options.fetch === undefined ? openTransport() : undefined;
  const send = {
    fetch: options.fetch ?? (transport as Transport).fetch,
    clock,
    timeout: timeout * 1000,
    ...(apiKey !== undefined && { key: apiKey }),
  };
  const pool = new ServerPool(urls, { clock, random, most: concurrency, patience: patience * 1000 });
  const close = async (): Promise<void> => {
    pool.close();
    await transport?.[Symbol.asyncDispose]();
  };
  let model: string;
  let contextLength: number | undefined;
  try {
    const served = await agreeOnModel(urls, options.model, { ...send, timeout: GREETING });
    model = served.id;
    contextLength = served.contextLength;
  } catch (error) {
    await close();
    throw error;
  }
  const onContextLength = (tokens: number): void => {
    contextLength = Math.min(contextLength ?? tokens, tokens);
  };
  const sight = new Sight();
  const tools = { pool, sight, send, clock, random, attempts: ATTEMPTS, onContextLength };
  const fleet = { ...tools, model, maxPixels, localImages, extra: extraBody };
  return {
    name: "openai",
    remarks: () => describeServers(pool.servers),
    model: { name: model, fingerprint: fingerprintModel(model, extraBody) },
    get contextLength() {
      return contextLength ?? Number.POSITIVE_INFINITY;
    },
    generate: (requests, sampling, signal) => {
      const asker = new PromptAsker(fleet);
      return runWidely<RolloutRequest, RolloutResult>(
        requests,
        {
          hasRoom: (active) => active < pool.capacity,
          work: (request, emit, inner) => asker.ask(request, sampling, emit, inner),
        },
        signal,
      );
    },
    [Symbol.asyncDispose]: close,
  };
}

/** What the servers call the model; one that cannot be reached is asked later. */
async function agreeOnModel(
  urls: readonly string[],
  name: string | undefined,
  send: Parameters<typeof listModels>[1],
): Promise<ServedModel> {
  const answers = await Promise.all(urls.map(async (url) => ({ url, listed: await listModels(url, send) })));
  let agreed: ServedModel | undefined;
  for (const { url, listed } of answers) {
    const found = await findModel(url, listed, name ?? agreed?.id, send);
    if (!("type" in found)) agreed = mergeModels(agreed, found);
  }
  if (agreed !== undefined) return agreed;
  if (name !== undefined) return { id: name };
  const [{ url, listed }] = answers as [{ url: string; listed: Unanswered }];
  throw new WinnowError("model", `${url} does not list its models (${listed.reason}); name the model with --model.`);
}

/** What the servers were found not to understand. */
function describeServers(servers: readonly Server[]): string[] {
  return servers.flatMap(({ url, dialect }) => {
    const found = describeDialect(dialect);
    return found === undefined ? [] : [`${url} ${found}.`];
  });
}

function mergeModels(known: ServedModel | undefined, one: ServedModel): ServedModel {
  const lengths = [known?.contextLength, one.contextLength].filter((length) => length !== undefined);
  return { ...one, ...(lengths.length > 0 && { contextLength: Math.min(...lengths) }) };
}
