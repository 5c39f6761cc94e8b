import type { Evidence } from "../../records.ts";
import type { Rules } from "../rules.ts";
import type { Method } from "./method.ts";
import { describePassRate } from "./pass-rate-band.ts";

/**
 * PISM-style image dependence: how far the pass rate falls while more and more of the image is masked.
 *
 *     I(x) = p̂(0) − ( 1 / R ) · Σ_r p̂(r),   r over the R masked shares,   in [−1, 1]
 *
 * p̂(r): pass rate with the share r of the image masked; p̂(0): with the whole image. Samples of I > 0
 * are admitted, the most dependent first, ties by the seeded hash. Source: progressive image masking,
 * arXiv 2511.06722; what is ours is on docs/selectors/pism.md.
 */
export function newPism({ tieOrder }: Rules): Method {
  return {
    arms: ["image"],
    traits: ["masked"],
    size: "rap",
    lineUp: (evidence) => {
      const dependence = evidence.map(imageDependence);
      return {
        places: [
          ...tieOrder(
            [...evidence.keys()].filter((i) => dependence[i]! > 0),
            (i) => evidence[i]!.sampleId,
            [(i) => dependence[i]!],
          ),
        ],
        describe: (i) => {
          const masked = evidence[i]!.traits?.masked ?? [];
          const rates = masked.map(({ share, counts }) => `${counts.correct} with ${Math.round(share * 100)} % masked`);
          return `${[describePassRate(evidence[i]!), ...rates].join(", ")}: dependence ${dependence[i]!.toFixed(2)}`;
        },
      };
    },
  };
}

/** I(x); 0 where nothing was rolled out under a mask. */
function imageDependence({ m, image, traits }: Evidence): number {
  const masked = traits?.masked ?? [];
  if (masked.length === 0) return 0;
  const right = masked.reduce((sum, { counts }) => sum + counts.correct, 0);
  return (image.correct - right / masked.length) / m;
}
