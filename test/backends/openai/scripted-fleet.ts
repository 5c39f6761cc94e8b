import { seedOf } from "../../../src/backends/openai/request-body.ts";

/** A chat request as a scripted server sees it. */
export interface SeenRequest {
  readonly host: string;
  readonly body: Readonly<Record<string, unknown>> & { readonly n: number; readonly seed: number };
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it holds an image. */
  readonly image: boolean;
  readonly signal: AbortSignal;
}

/** What a scripted server does with a request: a body, a `Response`, or an error of the connection. */
export type Script = (request: SeenRequest, at: number) => unknown;

export interface ScriptedFleet {
  readonly fetch: typeof fetch;
  readonly seen: SeenRequest[];
}

/** Servers that answer `/v1/models` with `models` (by host) and chat completions as the script says. */
export function newScriptedFleet(script: Script, models: (host: string) => unknown = () => "m"): ScriptedFleet {
  const seen: SeenRequest[] = [];
  const answer = async (url: string, init: RequestInit): Promise<Response> => {
    const { host, pathname } = new URL(url);
    if (pathname.endsWith("/models")) {
      const listed = models(host);
      if (listed instanceof Error) throw listed;
      return listed instanceof Response ? listed : Response.json({ data: [{ id: listed }] });
    }
    const sent = Buffer.from(init.body as Uint8Array).toString();
    const body = JSON.parse(sent);
    const image = sent.includes("image_url");
    const request = {
      host,
      body,
      headers: init.headers as Record<string, string>,
      image,
      signal: init.signal as AbortSignal,
    };
    seen.push(request);
    const said = await script(request, seen.length - 1);
    if (said instanceof Error) throw said;
    return said instanceof Response ? said : Response.json(said);
  };
  return { fetch: answer as unknown as typeof fetch, seen };
}

/** A proper completion: each choice's text names its seed. */
export function complete({ body, image }: SeenRequest, count: number = body.n): Record<string, unknown> {
  return {
    choices: Array.from({ length: count }, (_, index) => ({
      index,
      message: { content: `seed ${body.seed + index}` },
      finish_reason: "stop",
    })),
    usage: { prompt_tokens: image ? 90 : 20, completion_tokens: 2 * count },
  };
}

/** What `complete` answers for rollout `index` of a sample. */
export function expectedText(sampleId: string, index: number, seed = 7): string {
  return `seed ${seedOf(seed, { sampleId, arm: "text" }, index)}`;
}

/** An error of the connection, as `fetch` throws it. */
export function connectionError(code: string): Error {
  return new TypeError("fetch failed", { cause: Object.assign(new Error(code), { code }) });
}
