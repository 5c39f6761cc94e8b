/** A `winnow-attention` worker as a `fetch`, or behind an address; its numbers are made up from what is asked. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Body {
  readonly optionSets: Readonly<Record<string, unknown>>;
  readonly prompts: readonly (readonly { type: string; text?: string; image?: string }[])[];
  readonly responses: readonly { prompt: number; text: string; tokenIds?: number[] }[];
}

/** What was asked of the workers, and what they should do wrong. */
export interface FakeWorkers {
  readonly fetch: typeof fetch;
  /** One entry per request to `/v1/attention`: its address and its body. */
  readonly asked: { readonly url: string; readonly body: Body; readonly authorization: string | null }[];
}

/** `trouble` may answer in a worker's place; `model` names what each address serves. */
export function fakeWorkers(
  trouble: (url: string, count: number, signal: AbortSignal) => Promise<Response> | Response | undefined = () =>
    undefined,
  model: (url: string) => string = () => "tiny",
): FakeWorkers {
  const asked: FakeWorkers["asked"] = [];
  const answer = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = String(input);
    if (url.endsWith("/health")) {
      return (await trouble(url, 0, init?.signal as AbortSignal)) ?? Response.json({ model: model(url) });
    }
    const body = JSON.parse(Buffer.from(init?.body as Uint8Array).toString()) as Body;
    const authorization = new Headers(init?.headers).get("authorization");
    asked.push({ url, body, authorization });
    const instead = await trouble(url, asked.length, init?.signal as AbortSignal);
    if (instead !== undefined) return instead;
    return Response.json({ model: model(url), results: body.responses.map((one) => resultOf(body, one)) });
  };
  return { fetch: answer as typeof fetch, asked };
}

/** Fake workers on a free port of this machine. */
export async function serveWorkers(answer: typeof fetch): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
    const reply = await answer(`http://localhost${request.url}`, { headers: request.headers as HeadersInit, ...body });
    response.writeHead(reply.status, { "content-type": "application/json" }).end(await reply.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function resultOf(body: Body, { prompt, text }: Body["responses"][number]): object {
  if (text === "too long") return { error: { code: "input", message: "over the 4096 tokens" } };
  const images = (body.prompts[prompt] ?? []).filter((part) => part.type === "image").length;
  const psi = Object.keys(body.optionSets).map((name) => [
    name,
    name === "robust" ? { logPsi: null, column: null } : { logPsi: -text.length, column: 0 },
  ]);
  return { psi: Object.fromEntries(psi), imageMass: images / 4, entropy: 0.5, topMass: 1, token: text.slice(0, 1) };
}
