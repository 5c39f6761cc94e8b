import { Hono } from "hono";
import type { Backend } from "../backends/backend.ts";
import { WinnowError } from "../errors.ts";
import type { TakenRollout } from "../records.ts";
import { type ChatRequest, readChatRequest } from "./chat-request.ts";
import { ServeMetrics } from "./metrics.ts";
import { RefusedPrompt, SharedGeneration } from "./shared-generation.ts";

export interface ServerOptions {
  /** A backend whose random streams are named by the index alone. */
  readonly backend: Backend;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A seed for a request that has none. */
  readonly seed: () => number;
}

/** The OpenAI-compatible API over one backend: chat completions, models, health and metrics. `close` takes no more. */
export function newServer({ backend, now, seed }: ServerOptions): { readonly app: Hono; readonly close: () => void } {
  const { name } = backend.model;
  const app = new Hono();
  const metrics = new ServeMetrics();
  const generation = new SharedGeneration(backend);
  const started = Math.floor(now() / 1000);
  let count = 0;

  app.get("/health", (context) => context.json({ status: "ok" }));
  app.get("/metrics", (context) => context.text(metrics.render(generation.pending)));
  app.get("/v1/models", (context) =>
    context.json({
      object: "list",
      data: [
        {
          id: name,
          object: "model",
          created: started,
          owned_by: "winnow",
          max_model_len: backend.contextLength,
          fingerprint: backend.model.fingerprint,
        },
      ],
    }),
  );
  app.post("/v1/chat/completions", async (context) => {
    const began = now();
    metrics.requests += 1;
    const fail = (status: 400 | 404 | 500, message: string, type: string): Response => {
      metrics.refused += 1;
      return context.json({ error: { message, type, param: null, code: status } }, status);
    };
    try {
      const body: unknown = await context.req.json().catch(() => undefined);
      const request = readChatRequest(body, name, seed);
      const model = (body as { model: string }).model;
      if (model !== name) return fail(404, `The model \`${model}\` does not exist; ${name} does.`, "NotFoundError");
      const indices = Array.from({ length: request.count }, (_, at) => request.seed + at);
      const rollouts = await generation.generate(request.parts, indices, request.sampling);
      metrics.responses += rollouts.length;
      metrics.promptTokens += rollouts[0]?.promptTokens ?? 0;
      metrics.responseTokens += sumTokens(rollouts);
      count += 1;
      return context.json({
        id: `chatcmpl-${count}`,
        object: "chat.completion",
        created: Math.floor(now() / 1000),
        model: name,
        choices: rollouts.map((rollout, index) => toChoice(rollout, index, request)),
        usage: toUsage(rollouts),
      });
    } catch (error) {
      if (error instanceof RefusedPrompt) return fail(400, error.message, "BadRequestError");
      if (error instanceof WinnowError && error.code === "usage") return fail(400, error.message, "BadRequestError");
      return fail(500, (error as Error).message, "InternalServerError");
    } finally {
      metrics.seconds += (now() - began) / 1000;
    }
  });
  return { app, close: () => generation.close() };
}

function toChoice(rollout: TakenRollout, index: number, request: ChatRequest): Record<string, unknown> {
  const ends = request.stop.map((text) => rollout.text.indexOf(text)).filter((at) => at >= 0);
  const content = ends.length > 0 ? rollout.text.slice(0, Math.min(...ends)) : rollout.text;
  return {
    index,
    message: { role: "assistant", content },
    finish_reason: ends.length > 0 ? "stop" : rollout.finish,
    logprobs: null,
    ...(request.tokenIds && { token_ids: rollout.tokenIds ?? null }),
  };
}

function toUsage(rollouts: readonly TakenRollout[]): Record<string, unknown> {
  const { promptTokens = 0, imageTokens = 0 } = rollouts[0] ?? {};
  const generated = sumTokens(rollouts);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: generated,
    total_tokens: promptTokens + generated,
    prompt_tokens_details: { image_tokens: imageTokens, cached_tokens: 0 },
  };
}

function sumTokens(rollouts: readonly TakenRollout[]): number {
  return rollouts.reduce((sum, rollout) => sum + rollout.responseTokens, 0);
}
