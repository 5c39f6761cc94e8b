import { attendGroup } from "./attend-group.ts";
import type { Engine } from "./engine.ts";
import { generateGroup } from "./generate-group.ts";
import type { ModelDirectory } from "./model-directory.ts";
import { ModelSessions } from "./model-sessions.ts";

/** Runs groups in the calling thread, one at a time; it rests between two steps but not within one. */
export async function openLocalEngine(directory: ModelDirectory, threads: number): Promise<Engine> {
  const sessions = await ModelSessions.open(directory, threads);
  const { cache, cacheType, heads, headSize, attention } = sessions.layout;
  let last: Promise<void> = Promise.resolve();
  const inTurn = (run: () => Promise<void>): Promise<void> => {
    const turn = last.then(run);
    last = turn.catch(() => {});
    return turn;
  };
  return {
    lanes: 1,
    hasAttention: attention !== undefined,
    bytesPerToken: cache.length * heads * headSize * (cacheType === "float32" ? 4 : 2),
    generate: (group, onFinished, signal, onTokens) =>
      inTurn(() => generateGroup(sessions, group, onFinished, signal, onTokens)),
    attend: (group, onBlock, signal) => inTurn(() => attendGroup(sessions, group, onBlock, signal)),
    [Symbol.asyncDispose]: () => sessions[Symbol.asyncDispose](),
  };
}
