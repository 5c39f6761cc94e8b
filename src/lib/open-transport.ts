import { Agent, type Dispatcher, interceptors } from "undici";

/** What is sent; absent body: a GET. */
export interface HttpRequest {
  readonly method?: string;
  readonly headers: Record<string, string>;
  readonly body?: Buffer<ArrayBuffer>;
  /** Aborting closes the connection. */
  readonly signal: AbortSignal;
}

/** What came back, as much of a `Response` as is used. */
export interface HttpReply {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** As much of `fetch` as is used here; rejects when the connection breaks or the signal aborts. */
export type Fetch = (url: string, request: HttpRequest) => Promise<HttpReply>;

/** Connections to the servers; disposing closes them with all that is under way. */
export interface Transport extends AsyncDisposable {
  readonly fetch: Fetch;
}

/**
 * Opens kept-alive connections, one request at a time on each, without time limits of their own (a
 * response may take longer than the five minutes Node allows). The whole reply is read before it is
 * returned. undici's `fetch` does the same at several times the processor time.
 */
export function openTransport(): Transport {
  const agent = new Agent({ headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 10_000 }, pipelining: 1 });
  const dispatcher = agent.compose(interceptors.redirect({ maxRedirections: 20 }));
  return {
    fetch: (url, request) =>
      new Promise((resolve, reject) => {
        request.signal.throwIfAborted();
        const { origin, pathname, search } = new URL(url);
        const { method = "GET", headers, body } = request;
        const target = { origin, path: pathname + search, method: method as Dispatcher.HttpMethod };
        dispatcher.dispatch(
          { ...target, headers, ...(body && { body }) },
          new ReplyReader(request.signal, resolve, reject),
        );
      }),
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

/** Gathers one reply. */
class ReplyReader implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal;
  readonly #resolve: (reply: HttpReply) => void;
  readonly #reject: (error: unknown) => void;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: Readonly<Record<string, string | string[] | undefined>> = {};

  constructor(signal: AbortSignal, resolve: (reply: HttpReply) => void, reject: (error: unknown) => void) {
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) this.#onAbort();
  }

  onResponseStart(_: unknown, status: number, headers: Record<string, string | string[] | undefined>): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#end();
    const [status, headers, chunks] = [this.#status, this.#headers, this.#chunks];
    this.#resolve({
      status,
      ok: status >= 200 && status < 300,
      headers: { get: (name) => headers[name]?.toString() ?? null },
      text: async () => new TextDecoder().decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)),
    });
  }

  onResponseError(_: unknown, error: Error): void {
    this.#end();
    this.#reject(error);
  }

  readonly #onAbort = (): void => {
    this.#controller?.abort(this.#signal.reason);
    this.#reject(this.#signal.reason);
  };

  #end(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}
