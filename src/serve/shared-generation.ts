import type { Backend, RolloutResult, Sampling } from "../backends/backend.ts";
import type { TracedRequest } from "../backends/index.ts";
import { stableJson } from "../lib/stable-json.ts";
import type { TakenRollout } from "../records.ts";
import type { Conversation } from "./chat-request.ts";

/** A prompt that the model cannot be given, in its words. */
export class RefusedPrompt extends Error {
  override readonly name = "RefusedPrompt";
}

/** Sampling settings whose streams stay open at the same time. */
const SESSIONS = 8;

interface Waiting {
  readonly wanted: number;
  readonly rollouts: TakenRollout[];
  readonly resolve: (rollouts: readonly TakenRollout[]) => void;
  readonly reject: (error: unknown) => void;
}

/** One call of the backend that many requests share. */
interface Session {
  readonly push: (request: TracedRequest) => void;
  readonly end: () => void;
  readonly waiting: Map<string, Waiting>;
}

/** Lets requests that come one by one share a backend's batches: those with equal settings go into one stream. */
export class SharedGeneration {
  readonly #backend: Backend;
  readonly #sessions = new Map<string, Session>();
  #next = 0;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /** Responses that are being waited for. */
  get pending(): number {
    return [...this.#sessions.values()].reduce((sum, session) => sum + session.waiting.size, 0);
  }

  /** The rollouts of a conversation with these indices, in their order; `trace` watches them grow. Throws `RefusedPrompt`. */
  async generate(
    { parts, before }: Conversation,
    indices: readonly number[],
    sampling: Sampling,
    trace?: TracedRequest["trace"],
  ): Promise<readonly TakenRollout[]> {
    const session = this.#open(sampling);
    const sampleId = String(this.#next++);
    const seen = [...before.flatMap((turn) => turn.parts), ...parts];
    const arm = seen.some((part) => part.type === "image") ? "image" : "text";
    return await new Promise((resolve, reject) => {
      session.waiting.set(sampleId, { wanted: indices.length, rollouts: [], resolve, reject });
      session.push({ prompt: { sampleId, arm, parts }, before, indices, ...(trace && { trace }) });
    });
  }

  /** Ends every stream once its requests are answered. */
  close(): void {
    for (const session of this.#sessions.values()) session.end();
    this.#sessions.clear();
  }

  #open(sampling: Sampling): Session {
    const key = stableJson(sampling);
    const known = this.#sessions.get(key);
    this.#sessions.delete(key);
    const session = known ?? this.#start(key, sampling);
    this.#sessions.set(key, session);
    if (this.#sessions.size > SESSIONS) {
      const [oldest] = this.#sessions.keys() as Iterable<string> as [string];
      this.#sessions.get(oldest)?.end();
      this.#sessions.delete(oldest);
    }
    return session;
  }

  #start(key: string, sampling: Sampling): Session {
    const { source, push, end } = newStream<TracedRequest>();
    const session: Session = { push, end, waiting: new Map() };
    const run = async (): Promise<void> => {
      try {
        for await (const result of this.#backend.generate(source, sampling)) hand(result, session.waiting);
      } catch (error) {
        if (this.#sessions.get(key) === session) this.#sessions.delete(key);
        for (const { reject } of session.waiting.values()) reject(error);
        session.waiting.clear();
      }
    };
    void run();
    return session;
  }
}

function hand(result: RolloutResult, waiting: Map<string, Waiting>): void {
  const sampleId = result.type === "refused" ? result.sampleId : result.rollout.sampleId;
  const entry = waiting.get(sampleId);
  if (entry === undefined) return;
  if (result.type === "rollout") entry.rollouts.push(result.rollout);
  if (result.type === "refused") entry.reject(new RefusedPrompt(result.reason));
  else if (entry.rollouts.length < entry.wanted) return;
  else entry.resolve(entry.rollouts.sort((a, b) => a.index - b.index));
  waiting.delete(sampleId);
}

/** A stream that is filled from outside. */
function newStream<T>(): { source: AsyncIterable<T>; push: (item: T) => void; end: () => void } {
  const items: T[] = [];
  let ended = false;
  let wake: () => void = () => {};
  async function* read(): AsyncGenerator<T> {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      while (items.length > 0) yield items.shift() as T;
      if (ended) return;
      await woken;
    }
  }
  const push = (item: T): void => {
    items.push(item);
    wake();
  };
  const end = (): void => {
    ended = true;
    wake();
  };
  return { source: read(), push, end };
}
