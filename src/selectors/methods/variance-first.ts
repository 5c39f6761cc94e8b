import type { Evidence } from "../../records.ts";
import type { Rules } from "../rules.ts";
import type { Method } from "./method.ts";
import { describePassRate } from "./pass-rate-band.ts";

/**
 * The samples whose reward varies most, which bounds the expected gradient from below.
 *
 *     OVS(x) = p̂₁ · (1 − p̂₁),   p̂₁ = c₁ / M
 *
 * Samples without any variance are not admitted; ties by the seeded hash. Source: outcome variance
 * score of MMR1's variance-aware sampling, arXiv 2509.21268, taken once before training and
 * without its diversity of trajectories.
 */
export function newVarianceFirst({ tieOrder }: Rules): Method {
  return {
    arms: ["image"],
    traits: [],
    size: "rap",
    lineUp: (evidence) => ({
      places: [
        ...tieOrder(
          [...evidence.keys()].filter((i) => outcomeVariance(evidence[i]!) > 0),
          (i) => evidence[i]!.sampleId,
          [(i) => outcomeVariance(evidence[i]!)],
        ),
      ],
      describe: (i) => `${describePassRate(evidence[i]!)}, a variance of ${outcomeVariance(evidence[i]!).toFixed(3)}`,
    }),
  };
}

/** In [0, 1/4]; the same number for c₁ and M − c₁, whatever the rounding. */
function outcomeVariance({ m, image }: Evidence): number {
  return (image.correct * (m - image.correct)) / m ** 2;
}
