import type { Rules } from "../rules.ts";
import type { Method } from "./method.ts";

/** Every sample whose ground truth can be graded: the baseline of all others. Takes no rollout. */
export function newFull({ tieOrder }: Rules): Method {
  return {
    arms: [],
    traits: [],
    size: "admitted",
    lineUp: (evidence) => ({
      places: [...tieOrder([...evidence.keys()], (i) => evidence[i]!.sampleId, [])],
      describe: () => "Its ground truth can be graded",
    }),
  };
}
