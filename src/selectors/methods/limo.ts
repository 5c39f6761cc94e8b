import type { Evidence, ReasoningMarks } from "../../records.ts";
import type { Rules } from "../rules.ts";
import type { Method } from "./method.ts";
import { describePassRate, isInBand } from "./pass-rate-band.ts";

/** What each mark of good reasoning weighs. */
const WEIGHTS: Readonly<Record<keyof ReasoningMarks, number>> = {
  words: 0.3,
  verifying: 0.2,
  exploring: 0.25,
  connecting: 0.25,
};

/**
 * LIMO: hard samples that are solved now and then, the best-reasoned solutions first.
 *
 *     admitted:  minPass < c₁ / M < maxPass
 *     quality  = 0.30 · length + 0.20 · verifying + 0.25 · exploring + 0.25 · connecting
 *
 * Each mark is the mean over the right responses, divided by the largest of the admitted samples,
 * so all are in [0, 1]. Source: LIMO, arXiv 2502.03387; its 1 to 3 right of 32 are fewer than a few
 * rollouts can tell, so the band is wider (docs/selectors/limo.md).
 */
export function newLimo({ tieOrder, options }: Rules): Method {
  return {
    arms: ["image"],
    traits: ["responses"],
    size: "rap",
    lineUp: (evidence) => {
      const admitted = [...evidence.keys()].filter((i) => isInBand(evidence[i]!, options));
      const marks = Object.keys(WEIGHTS) as (keyof ReasoningMarks)[];
      const largest = Object.fromEntries(
        marks.map((mark) => [mark, admitted.reduce((most, i) => Math.max(most, markOf(evidence[i]!, mark)), 0)]),
      ) as Record<keyof ReasoningMarks, number>;
      const quality = (i: number): number =>
        marks.reduce(
          (sum, mark) => sum + (largest[mark] === 0 ? 0 : (WEIGHTS[mark] * markOf(evidence[i]!, mark)) / largest[mark]),
          0,
        );
      return {
        places: [...tieOrder(admitted, (i) => evidence[i]!.sampleId, [quality])],
        describe: (i) =>
          isInBand(evidence[i]!, options)
            ? `${describePassRate(evidence[i]!)}, reasoning of quality ${quality(i).toFixed(3)}`
            : `${describePassRate(evidence[i]!)}, outside the band from ${options.minPass} to ${options.maxPass}`,
      };
    },
  };
}

function markOf({ traits }: Evidence, mark: keyof ReasoningMarks): number {
  return traits?.reasoning?.[mark] ?? 0;
}
