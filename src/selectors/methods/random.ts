import type { Rules } from "../rules.ts";
import type { Method } from "./method.ts";

/**
 * A random subset: the first of the samples in the order of the seeded hash of their ids, so that a
 * smaller one is part of a larger one. Takes no rollout where a budget says how many.
 */
export function newRandom({ tieOrder, options }: Rules): Method {
  return {
    arms: [],
    traits: [],
    size: "rap",
    lineUp: (evidence) => ({
      places: [...tieOrder([...evidence.keys()], (i) => evidence[i]!.sampleId, [])],
      describe: () => `Drawn at random with seed ${options.seed}`,
    }),
  };
}
