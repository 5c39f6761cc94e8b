import type { TracedRequest, TracedStep } from "../backends/index.ts";
import type { TakenRollout } from "../records.ts";
import type { ChatRequest } from "./chat-request.ts";
import { ChoiceText, toLogprobs } from "./choice-text.ts";

/** What every chunk of a completion says of itself. */
export interface ChunkHead {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

/**
 * Answers a completion as server-sent events, a chunk for every piece of text, `[DONE]` at the end.
 * Settles once the first token is there, so that what is refused is an error and no stream:
 * rejects as `generate` does.
 */
export async function streamCompletion(
  request: ChatRequest,
  head: ChunkHead,
  generate: (trace: NonNullable<TracedRequest["trace"]>) => Promise<readonly TakenRollout[]>,
  usageOf: (rollouts: readonly TakenRollout[]) => Record<string, unknown>,
): Promise<Response> {
  const texts = Array.from({ length: request.count }, () => new ChoiceText(request.stop));
  const pending = texts.map((): TracedStep[] => []);
  const encoder = new TextEncoder();
  let close = (): void => {};
  let write: (data: string) => void = () => {};
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      write = (data) => controller.enqueue(encoder.encode(`data: ${data}\n\n`));
      close = () => controller.close();
    },
    cancel() {
      write = () => {};
      close = () => {};
    },
  });
  const send = (choices: readonly unknown[], more: Record<string, unknown> = {}): void =>
    write(JSON.stringify({ ...head, object: "chat.completion.chunk", choices, ...more }));
  let begun: () => void = () => {};
  const first = new Promise<void>((resolve) => {
    begun = resolve;
  });

  const onStep = (index: number, step: TracedStep): void => {
    begun();
    const at = index - request.seed;
    const taken = texts[at]?.take(step);
    const steps = pending[at];
    if (taken === undefined || steps === undefined) return;
    steps.push(step);
    const { piece, finish } = taken;
    if (piece === "" && finish === undefined) return;
    const logprobs = request.logprobs === undefined ? null : toLogprobs(steps.splice(0));
    const choice = { index: at, delta: { content: piece }, logprobs, finish_reason: null };
    if (piece !== "" || logprobs !== null) send([choice]);
    if (finish !== undefined) send([{ index: at, delta: {}, logprobs: null, finish_reason: finish }]);
  };
  for (const index of texts.keys()) {
    send([{ index, delta: { role: "assistant", content: "" }, logprobs: null, finish_reason: null }]);
  }
  const finished = generate({ best: request.logprobs ?? 0, onStep }).then((rollouts) => {
    if (request.stream?.usage === true) send([], { usage: usageOf(rollouts) });
    write("[DONE]");
    close();
  });
  await Promise.race([first, finished]);
  finished.catch((error: Error) => {
    write(JSON.stringify({ error: { message: error.message, type: "InternalServerError", code: 500 } }));
    close();
  });
  return new Response(stream, {
    headers: { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" },
  });
}
