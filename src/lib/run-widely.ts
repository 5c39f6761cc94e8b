import { setMaxListeners } from "node:events";

/** How wide a stream is worked on. */
export interface WideRun<Input, Output> {
  /** Whether another input may start while `active` are at work; asked again after each change. */
  hasRoom(active: number): boolean;
  /** Works on one input; may emit at any time until it is done. */
  work(input: Input, emit: (output: Output) => void, signal: AbortSignal): Promise<void>;
}

/**
 * Works on many inputs of a stream at the same time, pulling as there is room, and yields every
 * output as soon as it is there. Ends early, what is finished being yielded, when `signal` aborts.
 * An error of the source or of `work` stops everything and is thrown.
 */
export async function* runWidely<Input, Output>(
  source: AsyncIterable<Input>,
  run: WideRun<Input, Output>,
  signal?: AbortSignal,
): AsyncGenerator<Output> {
  const iterator = source[Symbol.asyncIterator]();
  const inner = new AbortController();
  // Every input at work listens.
  setMaxListeners(0, inner.signal);
  const outputs: Output[] = [];
  const active = new Set<Promise<void>>();
  let pull: Promise<void> | undefined;
  let exhausted = false;
  let failure: { readonly error: unknown } | undefined;
  let wake: () => void = () => {};

  const note = (error: unknown): void => {
    if (!inner.signal.aborted) failure ??= { error };
  };
  const start = (input: Input): void => {
    const task: Promise<void> = run
      .work(input, (output) => outputs.push(output) && wake(), inner.signal)
      .catch(note)
      .finally(() => {
        active.delete(task);
        wake();
      });
    active.add(task);
  };
  const pullNext = async (): Promise<void> => {
    try {
      const next = await iterator.next();
      if (next.done === true) exhausted = true;
      else if (!inner.signal.aborted) start(next.value);
    } catch (error) {
      exhausted = true;
      note(error);
    } finally {
      pull = undefined;
      wake();
    }
  };
  const onAbort = (): void => {
    inner.abort();
    wake();
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) inner.abort();

  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      while (outputs.length > 0) yield outputs.shift() as Output;
      if (failure !== undefined) throw failure.error;
      if (inner.signal.aborted || (exhausted && active.size === 0)) return;
      if (!exhausted && pull === undefined && run.hasRoom(active.size)) pull = pullNext();
      await woken;
    }
  } finally {
    inner.abort();
    signal?.removeEventListener("abort", onAbort);
    // First, since a source may be waiting for what will not come any more.
    const closed = iterator.return?.();
    await Promise.all([pull, ...active]);
    await closed;
  }
}
