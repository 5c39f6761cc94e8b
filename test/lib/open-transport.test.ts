import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openTransport, type Transport } from "../../src/lib/open-transport.ts";

const HEADERS = { "content-type": "application/json" };

async function serve(answer: RequestListener): Promise<{ url: string; transport: Transport }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const transport = openTransport();
  onTestFinished(async () => {
    await transport[Symbol.asyncDispose]();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, transport };
}

test("a reply that comes in pieces is read whole, characters cut in two included", async () => {
  const text = Buffer.from("grün");
  const { url, transport } = await serve((_request, response) => {
    response.writeHead(429, { "Retry-After": "5" }).write(text.subarray(0, 3), () => response.end(text.subarray(3)));
  });
  const reply = await transport.fetch(`${url}/x?y=1`, { headers: HEADERS, signal: new AbortController().signal });
  expect([reply.status, reply.ok, reply.headers.get("retry-after"), await reply.text()]).toEqual([
    429,
    false,
    "5",
    "grün",
  ]);
});

test("a redirected post arrives with its body", async () => {
  const { url, transport } = await serve(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url === "/old") response.writeHead(307, { location: "/new" }).end();
    else response.end(`${request.method} ${request.url} ${Buffer.concat(chunks)}`);
  });
  const request = { method: "POST", headers: HEADERS, body: Buffer.from("{}"), signal: new AbortController().signal };
  expect(await (await transport.fetch(`${url}/old`, request)).text()).toBe("POST /new {}");
});

test("aborting closes the connection, so that the server stops its work", async () => {
  const abort = new AbortController();
  let closed: () => void = () => {};
  const gone = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const { url, transport } = await serve((request) => {
    request.socket.on("close", closed);
    abort.abort(new Error("stop"));
  });
  await expect(transport.fetch(url, { headers: HEADERS, signal: abort.signal })).rejects.toThrow("stop");
  await gone;
});

test("a request that is aborted before it starts is never sent", async () => {
  let seen = 0;
  const { url, transport } = await serve((_request, response) => {
    seen += 1;
    response.end("ok");
  });
  await expect(transport.fetch(url, { headers: HEADERS, signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow(
    "no",
  );
  await transport.fetch(url, { headers: HEADERS, signal: new AbortController().signal });
  expect(seen).toBe(1);
});

test("a connection that is refused, and one that breaks, are told apart by their codes", async () => {
  const { url, transport } = await serve((request) => request.socket.resetAndDestroy());
  const send = (to: string) => transport.fetch(to, { headers: HEADERS, signal: new AbortController().signal });
  await expect(send(url)).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) });
  await expect(send("http://127.0.0.1:1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
