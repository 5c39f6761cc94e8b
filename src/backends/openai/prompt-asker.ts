import { WinnowError } from "../../errors.ts";
import type { Clock } from "../../lib/clock.ts";
import { redact } from "../../lib/redact.ts";
import { retryDelay } from "../../lib/retry-delay.ts";
import { fitPrompt, UnfitImage } from "../../models/fit-prompt.ts";
import type { Prompt } from "../../records.ts";
import type { RolloutRequest, RolloutResult, Sampling } from "../backend.ts";
import { findModel, listModels, refusedKey, type Unanswered } from "./check-server.ts";
import { learnUnknown } from "./dialect.ts";
import { type Choice, type Completion, readCompletion, UnusableCompletion } from "./read-completion.ts";
import { type ChatBody, newChatBody, type Run, splitRuns } from "./request-body.ts";
import { type SendOptions, sendRequest } from "./send-request.ts";
import type { Server, ServerPool } from "./server-pool.ts";
import { type Sight, withoutImages } from "./sight.ts";

export interface AskerOptions {
  readonly pool: ServerPool;
  readonly sight: Sight;
  readonly model: string;
  /** Pixels of an image at most. */
  readonly maxPixels: number | undefined;
  /** Images that are files are named by their `file://` addresses. */
  readonly localImages: boolean | undefined;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly send: Omit<SendOptions, "signal">;
  readonly clock: Clock;
  readonly random: () => number;
  /** Failed tries in a row of one request, others succeeding meanwhile, after which its sample is set aside. */
  readonly attempts: number;
  /** Told the context length a server names. */
  readonly onContextLength: (tokens: number) => void;
}

/** Milliseconds a list of models may take. */
const CHECK_TIMEOUT = 30_000;
/** Refusals without any success that are taken for a trouble of the server, not of the samples. */
const ALL_REFUSED = 16;
/** Equal responses of at most this many tokens are no sign of anything. */
const SHORT = 16;

/** How a try ended: with progress, with the sample refused, or to be tried again. */
type Outcome =
  | {
      readonly type: "done";
      readonly choices: readonly Choice[];
      readonly completion: Completion;
      readonly imageTokens: number;
    }
  | { readonly type: "refused"; readonly reason: string }
  | { readonly type: "again"; readonly reason: string; readonly counts: boolean };

/** Asks a fleet for the rollouts of one prompt at a time, until all are there or it is refused. */
export class PromptAsker {
  readonly #options: AskerOptions;
  #refusals = 0;

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  /** Emits every rollout of the request as it comes, or one refusal. Throws `WinnowError("model")` when no server is of use. */
  async ask(
    asked: RolloutRequest,
    sampling: Sampling,
    emit: (result: RolloutResult) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { sampleId } = asked.prompt;
    const prompt = await fitPrompt(asked.prompt, this.#options.maxPixels).catch(asUnfit);
    if (prompt instanceof UnfitImage) return emit({ type: "refused", sampleId, reason: prompt.message });
    await this.#askUntilWhole({ ...asked, prompt }, sampling, emit, signal);
  }

  async #askUntilWhole(
    request: RolloutRequest,
    sampling: Sampling,
    emit: (result: RolloutResult) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { pool, clock, random, attempts } = this.#options;
    const { sampleId, arm } = request.prompt;
    const missing = new Set(request.indices);
    let avoid: Server | undefined;
    let failed = 0;
    let successes = pool.successes;
    while (missing.size > 0) {
      const server = await pool.acquire(sampleId, signal, avoid);
      if (server === undefined) return;
      const run = splitRuns([...missing], server.dialect.many ? Number.POSITIVE_INFINITY : 1)[0] as Run;
      const outcome = await this.#try(server, request, run, sampling, signal).finally(() => pool.release(server));
      if (signal.aborted && outcome.type !== "done") return;
      if (outcome.type === "refused") return emit(this.#refuse(server, sampleId, outcome.reason));
      if (outcome.type === "done") {
        for (const choice of outcome.choices) {
          const index = run.first + choice.place;
          if (!missing.delete(index)) continue;
          const { text, finish, tokenIds, responseTokens } = choice;
          const counts = {
            promptTokens: outcome.completion.promptTokens,
            imageTokens: outcome.imageTokens,
            responseTokens,
          };
          emit({
            type: "rollout",
            rollout: { sampleId, arm, index, text, ...(tokenIds && { tokenIds }), ...counts, finish },
          });
        }
        [failed, successes, avoid] = [0, pool.successes, undefined];
        continue;
      }
      avoid = server;
      if (!outcome.counts) continue;
      failed += 1;
      if (failed >= attempts && pool.successes > successes) {
        return emit({ type: "refused", sampleId, reason: `Given up after ${failed} tries; last: ${outcome.reason}` });
      }
      await clock.sleep(retryDelay(failed, random), signal);
    }
  }

  async #try(
    server: Server,
    request: RolloutRequest,
    run: Run,
    sampling: Sampling,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const { pool, clock, model, extra, localImages } = this.#options;
    const unchecked = server.checked ? undefined : await this.#check(server, signal);
    if (unchecked !== undefined) return unchecked;
    const { dialect } = server;
    const began = clock.now();
    const body = newChatBody(request, run, { model, sampling, dialect, extra, localImages });
    const reply = await sendRequest(`${server.url}/chat/completions`, body, { ...this.#options.send, signal });
    if (signal.aborted && reply.type !== "ok") return { type: "again", reason: "stopped", counts: false };
    if (reply.type === "refused") return await this.#adapt(server, run, body, reply.reason, signal);
    if (reply.type !== "ok") return this.#noteTrouble(server, reply);
    let completion: Completion;
    try {
      completion = readCompletion(reply.body);
    } catch (error) {
      if (!(error instanceof UnusableCompletion)) throw error;
      return this.#noteTrouble(server, { type: "failed", reason: redact(error.message, this.#options.send.key) });
    }
    const responses = completion.trouble === undefined ? completion.choices.length : run.count;
    if (
      (completion.completionTokens ?? 0) > responses * sampling.maxTokens &&
      dialect.limit === "max_completion_tokens"
    ) {
      dialect.limit = "max_tokens";
      return { type: "again", reason: "the server ignores max_completion_tokens", counts: false };
    }
    const choices = this.#usable(server, completion, run, sampling);
    if (choices.length === 0) {
      const reason = redact(
        completion.trouble ?? "status 200 without a choice that was asked for",
        this.#options.send.key,
      );
      return this.#noteTrouble(server, { type: "failed", reason });
    }
    const imageTokens = await this.#countImageTokens(server, request.prompt, completion, sampling, signal);
    if (typeof imageTokens !== "number") return imageTokens;
    dialect.known ??= new Set(Object.keys(body));
    pool.succeed(server, clock.now() - began, completion.completionTokens ?? 0);
    return { type: "done", choices, completion, imageTokens };
  }

  /** The choices that answer this run; learns whether the server gives several different ones at once. */
  #usable(server: Server, completion: Completion, run: Run, sampling: Sampling): readonly Choice[] {
    const choices = completion.choices.filter((choice) => choice.place < run.count);
    if (run.count < 2 || choices.length === 0) return choices;
    const first = choices[0] as Choice;
    if (choices.some((choice) => choice.text !== first.text)) server.varied = true;
    if (choices.length === 1 && completion.trouble === undefined && !server.varied) server.dialect.many = false;
    // The same seed for every choice gives the same response M times: one of them counts.
    const copies = choices.length > 1 && !server.varied && sampling.temperature > 0 && first.responseTokens > SHORT;
    if (!copies) return choices;
    server.dialect.many = false;
    return choices.filter((choice) => choice.place === first.place);
  }

  /** A request that was refused: for what the server does not know, or for good. */
  async #adapt(server: Server, run: Run, body: ChatBody, reason: string, signal: AbortSignal): Promise<Outcome> {
    const { dialect } = server;
    const again: Outcome = { type: "again", reason, counts: false };
    if (learnUnknown(dialect, body, reason, this.#options.extra)) return again;
    if (run.count > 1 && !server.varied && /\bn\b|\bchoices?\b|best_of/i.test(reason)) {
      dialect.many = false;
      return again;
    }
    // A server that came back with another model answers 404 to everything.
    if (reason.startsWith("status 404")) return (await this.#check(server, signal)) ?? { type: "refused", reason };
    return { type: "refused", reason };
  }

  #refuse(server: Server, sampleId: string, reason: string): RolloutResult {
    this.#refusals += 1;
    if (this.#refusals >= ALL_REFUSED && this.#options.pool.successes === 0) {
      throw new WinnowError(
        "model",
        `${server.url} refused each of the first ${this.#refusals} prompts; the last with ${reason}`,
      );
    }
    return { type: "refused", sampleId, reason };
  }

  /** Compares the served model's name; absent when all is well. */
  async #check(server: Server, signal: AbortSignal): Promise<Outcome | undefined> {
    const { send, model } = this.#options;
    const asking = { ...send, timeout: CHECK_TIMEOUT, signal };
    const found = await findModel(server.url, await listModels(server.url, asking), model, asking);
    if ("type" in found) {
      if (signal.aborted) return { type: "again", reason: "stopped", counts: false };
      return this.#noteTrouble(server, found);
    }
    server.checked = true;
    server.dialect.tokenIds = found.engine === "vllm" || found.engine === "winnow";
    if (found.contextLength !== undefined) this.#options.onContextLength(found.contextLength);
    return undefined;
  }

  #noteTrouble(server: Server, reply: Unanswered): Outcome {
    const { pool } = this.#options;
    if (reply.type === "forbidden") throw refusedKey(server.url, reply.reason);
    if (reply.type === "busy") pool.slowDown(server, reply.reason, reply.wait);
    else pool.fail(server, reply.reason, reply.type === "unreachable");
    return { type: "again", reason: reply.reason, counts: reply.type === "failed" };
  }

  /** Image tokens of a prompt by the server's count or against its text alone; none at all is a blind model. */
  async #countImageTokens(
    server: Server,
    prompt: Prompt,
    completion: Completion,
    sampling: Sampling,
    signal: AbortSignal,
  ): Promise<number | Outcome> {
    if (prompt.parts.every((part) => part.type !== "image")) return 0;
    const { sight, model, extra, send } = this.#options;
    // A server that names none may not count them: that is no proof of blindness.
    let tokens = completion.imageTokens || sight.infer(prompt, completion.promptTokens);
    if (tokens === undefined) {
      const text = { prompt: withoutImages(prompt) };
      const options = { model, sampling: { ...sampling, maxTokens: 1 }, dialect: server.dialect, extra };
      const body = newChatBody(text, { first: 0, count: 1 }, options);
      const reply = await sendRequest(`${server.url}/chat/completions`, body, { ...send, signal });
      if (signal.aborted && reply.type !== "ok") return { type: "again", reason: "stopped", counts: false };
      if (reply.type === "refused") return { type: "refused", reason: `Its text alone: ${reply.reason}` };
      if (reply.type !== "ok") return this.#noteTrouble(server, reply);
      const textTokens = countPrompt(reply.body);
      if (textTokens === undefined) {
        return this.#noteTrouble(server, { type: "failed", reason: "no completion of the text alone" });
      }
      sight.learn(prompt, textTokens);
      tokens = completion.promptTokens - textTokens;
    }
    if (tokens > 0) return tokens;
    throw new WinnowError(
      "model",
      `${server.url} did not see the image of sample ${prompt.sampleId}: its prompt has ${completion.promptTokens} tokens, ` +
        `no more than without the image. Is ${model} a vision model, and served with its vision part ` +
        "(vLLM: --limit-mm-per-prompt, llama.cpp: --mmproj)?",
    );
  }
}

function asUnfit(error: unknown): UnfitImage {
  if (error instanceof UnfitImage) return error;
  throw error;
}

function countPrompt(body: string): number | undefined {
  try {
    return readCompletion(body).promptTokens;
  } catch {
    return undefined;
  }
}
