import type { Evidence } from "../../records.ts";
import type { Rules } from "../rules.ts";
import type { Method } from "./method.ts";

/**
 * The samples whose pass rate lies inside a band, which leave a group of rollouts a gradient.
 *
 *     minPass < c₁ / M < maxPass
 *
 * By default all but those never and those always solved. A budget takes them by the seeded hash.
 * Source: dynamic sampling of DAPO, arXiv 2503.14476, taken once before training.
 */
export function newPassRateBand({ tieOrder, options }: Rules): Method {
  return {
    arms: ["image"],
    traits: [],
    size: "admitted",
    lineUp: (evidence) => ({
      places: [
        ...tieOrder(
          [...evidence.keys()].filter((i) => isInBand(evidence[i]!, options)),
          (i) => evidence[i]!.sampleId,
          [],
        ),
      ],
      describe: (i) => {
        const inside = isInBand(evidence[i]!, options) ? "inside" : "outside";
        return `${describePassRate(evidence[i]!)}, ${inside} the band from ${options.minPass} to ${options.maxPass}`;
      },
    }),
  };
}

/** Whether `minPass < c₁ / M < maxPass`. */
export function isInBand({ m, image }: Evidence, { minPass, maxPass }: Rules["options"]): boolean {
  return image.correct / m > minPass && image.correct / m < maxPass;
}

/** The pass rate with the image in words. */
export function describePassRate({ m, image }: Evidence): string {
  return `${image.correct} of ${m} right with the image`;
}
