import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a proxy does to one request instead of passing it on and back. */
export type Fault =
  | "reset"
  | "reset-mid-body"
  | "429"
  | "500"
  | "503"
  | "abort-in-200"
  | "malformed"
  | "truncated"
  | "empty-choices"
  | "fewer-choices"
  | "stall";

export interface FaultyProxy extends AsyncDisposable {
  readonly url: string;
  /** Faults that were injected, by kind. */
  readonly injected: Map<Fault, number>;
  /** Closes the port and every connection. */
  down(): Promise<void>;
  /** Opens the same port again. */
  up(): Promise<void>;
}

/** A proxy before an OpenAI-compatible server; `faultOf` is told the number and the body of each chat request. */
export async function openFaultyProxy(
  target: string,
  faultOf: (count: number, body: string, proxy: FaultyProxy) => Fault | undefined,
): Promise<FaultyProxy> {
  let count = 0;
  let port = 0;
  let server: Server | undefined;
  const injected = new Map<Fault, number>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const sent = Buffer.concat(chunks).toString();
    const path = (request.url as string).replace(/^\/v1/, "");
    const pass = async (): Promise<{ status: number; body: string }> => {
      const init = request.method === "POST" ? { method: "POST", body: sent } : {};
      const reply = await fetch(`${target}${path}`, init);
      return { status: reply.status, body: await reply.text() };
    };
    const fault = path === "/chat/completions" ? faultOf(count++, sent, proxy) : undefined;
    if (fault !== undefined) injected.set(fault, (injected.get(fault) ?? 0) + 1);
    const send = (status: number, body: string, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
    };
    if (fault === undefined) {
      const { status, body } = await pass();
      return send(status, body);
    }
    if (fault === "stall") return;
    if (fault === "reset") return void response.socket?.resetAndDestroy();
    if (fault === "429") return send(429, '{"error": {"message": "slow down"}}', { "retry-after": "0.2" });
    if (fault === "500" || fault === "503") return send(Number(fault), "oops");
    if (fault === "malformed") return send(200, "<html>gateway</html>");
    damage(fault, (await pass()).body, response, send);
  }

  const proxy: FaultyProxy = {
    get url() {
      return `http://127.0.0.1:${port}/v1`;
    },
    injected,
    async down() {
      const closing = server;
      server = undefined;
      if (closing === undefined) return;
      closing.closeAllConnections();
      await new Promise((resolve) => closing.close(resolve));
    },
    async up() {
      const opening = createServer((request, response) => {
        answer(request, response).catch(() => response.destroy());
      });
      server = opening;
      await new Promise<void>((resolve) => opening.listen(port, "127.0.0.1", resolve));
      port = (opening.address() as AddressInfo).port;
    },
    [Symbol.asyncDispose]: () => proxy.down(),
  };
  await proxy.up();
  return proxy;
}

/** Sends a true completion in a damaged form. */
function damage(
  fault: Fault,
  body: string,
  response: ServerResponse,
  send: (status: number, body: string) => void,
): void {
  if (fault === "truncated") {
    send(200, body.slice(0, body.length / 2));
    return;
  }
  if (fault === "reset-mid-body") {
    response.writeHead(200, { "content-type": "application/json", "content-length": `${Buffer.byteLength(body)}` });
    response.write(body.slice(0, body.length / 2), () => response.socket?.resetAndDestroy());
    return;
  }
  const completion = JSON.parse(body) as { choices: { finish_reason: string; message: { content: string } }[] };
  if (fault === "empty-choices") completion.choices = [];
  if (fault === "fewer-choices") completion.choices = completion.choices.slice(1);
  if (fault === "abort-in-200") {
    for (const choice of completion.choices) {
      choice.finish_reason = "abort";
      choice.message.content = "";
    }
  }
  send(200, JSON.stringify(completion));
}
