import { EnvHttpProxyAgent, fetch as undiciFetch } from "undici";
import { WinnowError } from "../errors.ts";
import { type Clock, SYSTEM_CLOCK } from "../lib/clock.ts";
import { readRetryAfter } from "../lib/read-retry-after.ts";
import { retryDelay } from "../lib/retry-delay.ts";
import { describeRefusal, type HubSubject } from "./hub-error.ts";
import type { HubSettings } from "./settings.ts";

/** Time as tests have it. */
export interface HubTiming {
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

export const SYSTEM_TIMING: HubTiming = { clock: SYSTEM_CLOCK, random: Math.random };

/** Tries of one request. */
const TRIES = 6;
/** Longest wait that a server may ask for between two tries, in milliseconds. */
const LONGEST_WAIT = 300_000;
/** Statuses that another try may change; after the last two nothing was done, so that even a POST is repeated. */
const PASSING = new Set([408, 500, 502, 504, 429, 503]);
const UNDONE = new Set([429, 503]);
const REPEATABLE = new Set(["GET", "HEAD", "PUT"]);

let agent: EnvHttpProxyAgent | undefined;

/**
 * A `fetch` for requests about one dataset. The token goes to the hub's own origin and nowhere else:
 * whoever calls needs not know it, and a redirect to another host goes without it. What may pass is
 * tried again, with waits; what does not becomes a `HubError` in one sentence, so that every reply is
 * good. Files are asked for as they are, never compressed. Aborting `signal` ends what is under way.
 */
export function openHubFetch(
  settings: HubSettings,
  subject: HubSubject,
  { timing = SYSTEM_TIMING, signal: stop }: { readonly timing?: HubTiming; readonly signal?: AbortSignal } = {},
): typeof fetch {
  const { clock, random } = timing;
  agent ??= new EnvHttpProxyAgent({ headersTimeout: 60_000, bodyTimeout: 60_000, connect: { timeout: 10_000 } });
  const hubFetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const url = input instanceof Request ? input.url : String(input);
    const headers = headersFor(url, init, settings);
    // undici asks a signal for its limit of listeners, and Node throws where somebody has lifted it.
    const signal = AbortSignal.any([init.signal, stop].filter((one) => one instanceof AbortSignal));
    const request = { ...init, signal, headers, dispatcher: agent };
    for (let failed = 1; ; failed += 1) {
      signal.throwIfAborted();
      const reply = await attempt(url, request);
      if (!(reply instanceof Error) && (reply.ok || reply.status === 416)) return reply;
      if (failed === TRIES || !isRepeatable(reply, init.method)) {
        throw reply instanceof Error
          ? unreachable(url, reply)
          : describeRefusal(reply, await readWords(reply), subject, settings);
      }
      await clock.sleep(waitAfter(reply) ?? retryDelay(failed, random), signal);
    }
  };
  return hubFetch as typeof fetch;
}

function headersFor(url: string, init: RequestInit, { endpoint, token }: HubSettings): Headers {
  const headers = new Headers(init.headers);
  if (!headers.has("accept-encoding")) headers.set("accept-encoding", "identity");
  headers.set("user-agent", "winnow");
  if (new URL(url).origin !== new URL(endpoint).origin) return headers;
  headers.delete("authorization");
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  return headers;
}

/** One try: a reply, or why there is none. Throws when it was aborted. */
async function attempt(url: string, request: object & { readonly signal: AbortSignal }): Promise<Response | Error> {
  try {
    return (await undiciFetch(url, request as never)) as unknown as Response;
  } catch (error) {
    request.signal.throwIfAborted();
    return error as Error;
  }
}

/** Whether another try may end otherwise, and does no harm. */
function isRepeatable(reply: Response | Error, method = "GET"): boolean {
  if (reply instanceof Error) return REPEATABLE.has(method);
  return PASSING.has(reply.status) && (REPEATABLE.has(method) || UNDONE.has(reply.status));
}

/** Milliseconds that the hub asks to wait for, within reason. The rest of its reply is let go. */
function waitAfter(reply: Response | Error): number | undefined {
  if (reply instanceof Error) return undefined;
  void reply.body?.cancel();
  const asked = readRetryAfter(reply.headers.get("retry-after"));
  return asked === undefined ? undefined : Math.min(LONGEST_WAIT, asked);
}

/** A connection that was never made, or broke, again and again. */
function unreachable(url: string, error: unknown): WinnowError {
  const { cause, message } = error as Error;
  const inner = (cause ?? {}) as NodeJS.ErrnoException;
  return new WinnowError(
    "input",
    `${new URL(url).origin} cannot be reached (${inner.code ?? inner.message ?? message}); ` +
      "with HF_HUB_OFFLINE=1 only what was downloaded before is used.",
    { cause: error },
  );
}

/** What a refusal's body says: the `error` of the hub's JSON, or a plain text. */
async function readWords(reply: Response): Promise<string> {
  const text = (await reply.text().catch(() => "")).slice(0, 4000);
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    return typeof error === "string" ? error : typeof message === "string" ? message : "";
  } catch {
    return /^\s*</.test(text) ? "" : text;
  }
}
