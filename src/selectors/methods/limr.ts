import type { Evidence } from "../../records.ts";
import type { Rules } from "../rules.ts";
import { alignToCurve, type Curve, isWhole, meanCurve } from "./curve-alignment.ts";
import type { Method } from "./method.ts";

/**
 * LIMR: the samples whose reward over the epochs of a training run follows the mean of all.
 *
 *     s(x) = 1 − Σ_k ( r_k(x) − r̄_k )² / Σ_k ( 1 − r̄_k )²   ≥ similarity
 *
 * r_k: mean reward of the sample in epoch k; r̄_k: its mean over the samples with a whole curve.
 * The most similar first, ties by the seeded hash. Source: LIMR, arXiv 2502.11886.
 */
export function newLimr({ tieOrder, options }: Rules): Method {
  return {
    arms: [],
    traits: ["curve"],
    size: "admitted",
    lineUp: (evidence) => {
      const curves = evidence.map(({ traits }) => fillGaps(traits?.curve ?? []));
      const epochs = Math.max(0, ...curves.map((curve) => curve.length));
      const whole = curves.map((curve) => isWhole(curve, epochs));
      const mean = meanCurve(curves.filter((_, i) => whole[i]) as Curve[], epochs);
      const similarity = curves.map((curve, i) => (whole[i] ? alignToCurve(curve as Curve, mean) : undefined));
      return {
        places: [
          ...tieOrder(
            [...evidence.keys()].filter((i) => similarity[i] !== undefined && similarity[i] >= options.similarity),
            (i) => (evidence[i] as Evidence).sampleId,
            [(i) => similarity[i]!],
          ),
        ],
        describe: (i) =>
          similarity[i] === undefined
            ? "Its reward curve has a gap, or there is none"
            : `Similarity ${similarity[i].toFixed(3)} to the mean reward curve of ${epochs} epochs`,
      };
    },
  };
}

/** A gap of one epoch takes the reward of the next, as LIMR's code does; longer ones stay. */
function fillGaps(curve: readonly (number | null)[]): (number | null)[] {
  const filled = [...curve];
  for (let k = 0; k + 1 < filled.length; k++) filled[k] ??= filled[k + 1] ?? null;
  return filled;
}
