import { Hono } from "hono";
import type { Backend } from "../backends/backend.ts";
import type { TracedRequest, TracedStep } from "../backends/index.ts";
import { WinnowError } from "../errors.ts";
import type { TakenRollout } from "../records.ts";
import { type ChatRequest, readChatRequest } from "./chat-request.ts";
import { cutAtStop, toLogprobs } from "./choice-text.ts";
import { ServeMetrics } from "./metrics.ts";
import { RefusedPrompt, SharedGeneration } from "./shared-generation.ts";
import { streamCompletion } from "./stream-completion.ts";

export interface ServerOptions {
  /** A backend whose random streams are named by the index alone, and that traces requests. */
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
  const notFound = (model: string): Record<string, unknown> => ({
    error: {
      message: `The model \`${model}\` does not exist; ${name} does.`,
      type: "NotFoundError",
      param: null,
      code: 404,
    },
  });

  app.get("/health", (context) => context.json({ status: "ok" }));
  app.get("/metrics", (context) => context.text(metrics.render(generation.pending)));
  const served = {
    id: name,
    object: "model",
    created: started,
    owned_by: "winnow",
    max_model_len: backend.contextLength,
    fingerprint: backend.model.fingerprint,
  };
  app.get("/v1/models", (context) => context.json({ object: "list", data: [served] }));
  app.get("/v1/models/:id", (context) =>
    context.req.param("id") === name ? context.json(served) : context.json(notFound(context.req.param("id")), 404),
  );
  app.post("/v1/chat/completions", async (context) => {
    const began = now();
    metrics.requests += 1;
    const fail = (status: 400 | 500, message: string, type: string): Response => {
      metrics.refused += 1;
      return context.json({ error: { message, type, param: null, code: status } }, status);
    };
    try {
      const body: unknown = await context.req.json().catch(() => undefined);
      const request = readChatRequest(body, seed);
      const model = (body as { model: string }).model;
      if (model !== name) {
        metrics.refused += 1;
        return context.json(notFound(model), 404);
      }
      const indices = Array.from({ length: request.count }, (_, at) => request.seed + at);
      count += 1;
      const head = { id: `chatcmpl-${count}`, created: Math.floor(now() / 1000), model: name };
      const generate = async (trace?: TracedRequest["trace"]): Promise<readonly TakenRollout[]> => {
        const rollouts = await generation.generate(request, indices, request.sampling, trace);
        metrics.responses += rollouts.length;
        metrics.promptTokens += rollouts[0]?.promptTokens ?? 0;
        metrics.responseTokens += sumTokens(rollouts);
        return rollouts;
      };
      if (request.stream !== undefined) return await streamCompletion(request, head, generate, toUsage);
      const steps = indices.map((): TracedStep[] => []);
      const onStep = (index: number, step: TracedStep): void => void steps[index - request.seed]?.push(step);
      const rollouts = await generate(request.logprobs === undefined ? undefined : { best: request.logprobs, onStep });
      return context.json({
        ...head,
        object: "chat.completion",
        choices: rollouts.map((rollout, index) => toChoice(rollout, index, request, steps[index] as TracedStep[])),
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

function toChoice(
  rollout: TakenRollout,
  index: number,
  { stop, tokenIds, logprobs }: ChatRequest,
  steps: readonly TracedStep[],
): Record<string, unknown> {
  const { text, finish } = cutAtStop(rollout, stop);
  const until = steps.findIndex((step) => step.text.length > text.length);
  const kept = finish === rollout.finish && text === rollout.text ? steps : steps.slice(0, Math.max(0, until));
  return {
    index,
    message: { role: "assistant", content: text, refusal: null },
    finish_reason: finish,
    logprobs: logprobs === undefined ? null : toLogprobs(kept),
    ...(tokenIds && { token_ids: rollout.tokenIds ?? null }),
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
