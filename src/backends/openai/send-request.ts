import type { Clock } from "../../lib/clock.ts";
import type { Fetch, HttpReply } from "../../lib/open-transport.ts";
import { readRetryAfter } from "../../lib/read-retry-after.ts";
import { redact } from "../../lib/redact.ts";
import { renderJson } from "../../lib/render-json.ts";

/** How one request went. */
export type Reply =
  | { readonly type: "ok"; readonly body: string }
  /** 400, 404, 413, 422: the same request will be refused again. */
  | { readonly type: "refused"; readonly reason: string }
  /** 401, 403: no request will be answered. */
  | { readonly type: "forbidden"; readonly reason: string }
  /** 429, 503, 529: the server has too much to do; `wait` in milliseconds when it says for how long. */
  | { readonly type: "busy"; readonly reason: string; readonly wait?: number }
  /** The request did not reach the server. */
  | { readonly type: "unreachable"; readonly reason: string }
  /** Anything else: 5xx, a broken connection, a time limit. */
  | { readonly type: "failed"; readonly reason: string };

export interface SendOptions {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** Milliseconds from sending until the last byte; the connection is closed then, which cancels the work. */
  readonly timeout: number;
  readonly key?: string;
  readonly signal?: AbortSignal;
}

/** Codes of a connection that was never made. */
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Why a request's signal aborts: it is over, one way or another. One object, since each new one takes a stack trace. */
const OVER = new Error("the request is over");

/** Characters of a server's words that are kept. */
const WORDS = 500;

/** Sends one request and says how it went; never throws, and never repeats the key. */
export async function sendRequest(url: string, body: unknown, options: SendOptions): Promise<Reply> {
  const { clock, key, signal } = options;
  const end = new AbortController();
  const onAbort = (): void => end.abort(OVER);
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) end.abort(OVER);
  let late = false;
  void clock.sleep(options.timeout, end.signal).then(() => {
    if (end.signal.aborted) return;
    late = true;
    end.abort(OVER);
  });
  const hide = (text: string): string => redact(text, key).slice(0, WORDS);
  try {
    const response = await options.fetch(url, {
      ...(body !== undefined && { method: "POST", body: renderJson(body) }),
      headers: { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }) },
      signal: end.signal,
    });
    const text = await response.text();
    return response.ok ? { type: "ok", body: text } : classify(response, hide(wordsOf(text)));
  } catch (error) {
    if (late) return { type: "failed", reason: `no answer within ${options.timeout / 1000} s` };
    const code = codeOf(error);
    return { type: UNREACHABLE.has(code) ? "unreachable" : "failed", reason: `connection lost (${hide(code)})` };
  } finally {
    end.abort(OVER);
    signal?.removeEventListener("abort", onAbort);
  }
}

function classify(response: HttpReply, words: string): Reply {
  const { status } = response;
  const reason = `status ${status}${words === "" ? "" : `: ${words}`}`;
  if ([400, 404, 405, 413, 415, 422].includes(status)) return { type: "refused", reason };
  if (status === 401 || status === 403) return { type: "forbidden", reason };
  if (status === 429 || status === 503 || status === 529) {
    const wait = readRetryAfter(response.headers.get("retry-after"));
    return { type: "busy", reason, ...(wait !== undefined && { wait }) };
  }
  return { type: "failed", reason };
}

/** What a server says of an error: OpenAI's `error.message`, or the body. */
function wordsOf(body: string): string {
  try {
    const parsed = JSON.parse(body) as { error?: { message?: unknown } | string; message?: unknown; detail?: unknown };
    const inner = typeof parsed.error === "string" ? parsed.error : parsed.error?.message;
    const words = inner ?? parsed.message ?? parsed.detail;
    return typeof words === "string" ? words : body;
  } catch {
    return body;
  }
}

function codeOf(error: unknown): string {
  const { code, message, cause } = error as NodeJS.ErrnoException;
  const inner = cause as NodeJS.ErrnoException | undefined;
  return inner?.code ?? inner?.message ?? code ?? message;
}
