import { WinnowError } from "../errors.ts";
import { redact } from "../lib/redact.ts";

/** How a request is sent; `fetch` is an argument so that tests need no network. */
export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds one attempt may take. */
  readonly timeout: number;
  /** Attempts at most, the first included; only timeouts, lost connections, 429 and 5xx are tried again. */
  readonly attempts: number;
  readonly fetch: typeof fetch;
}

/** Posts JSON and reads JSON; a `WinnowError("run")` names the address and what came back. */
export async function postJson(url: string, body: unknown, options: PostOptions): Promise<unknown> {
  const key = options.headers?.authorization?.replace(/^Bearer /, "");
  let trouble = "";
  for (let attempt = 0; attempt < options.attempts; attempt += 1) {
    try {
      const response = await options.fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...options.headers },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(options.timeout),
      });
      if (response.ok) return await response.json();
      trouble = `status ${response.status}: ${redact(await response.text(), key).slice(0, 200)}`;
      if (response.status < 500 && response.status !== 429) break;
    } catch (cause) {
      trouble = redact(cause instanceof Error ? cause.message : String(cause), key);
    }
  }
  throw new WinnowError("run", `${withoutSecrets(url)} did not answer usably: ${trouble}.`);
}

function withoutSecrets(url: string): string {
  const parsed = new URL(url);
  return `${parsed.origin}${parsed.pathname}`;
}
