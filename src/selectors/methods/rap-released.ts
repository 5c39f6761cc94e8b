import type { Arm, Evidence } from "../../records.ts";
import type { Rules } from "../rules.ts";
import { alignToCurve } from "./curve-alignment.ts";
import type { Method } from "./method.ts";

/** The script's thresholds that no option of its own changes. */
const LEAST_SIMILARITY = 0.6;
const LEAST_GAP = 0.2;
const HARD_SHARE = 0.1;

/** How a sample stands by the released rules. */
type Standing = "gap" | "easy" | "hard" | "none";

/**
 * The rules of the authors' released script, which are not the paper's: no ACE, nothing is swapped.
 *
 *     a₁, a₀   share of rollouts that are right and keep the format, with and without the image
 *     s(x)   = 1 − ( a₁(x) − ā₁ )² / ( 1 − ā₁ )²
 *     S      = { s ≥ 0.6, a₁ − a₀ > 0.2, not easy } + a tenth of { hard, s ≥ similarity,
 *              a₁ − a₀ > ā₁ − ā₀ or a₁ − a₀ ≥ 0.2 }
 *
 * Easy: all M right whatever their format; hard: exactly one. Compared as the script compares
 * them, in binary fractions: 0.8 − 0.6 counts as above 0.2, and 0.6 − 0.4 does not. The tenth
 * (rounded down) is drawn by the seeded hash instead of the order of rows. Source:
 * github.com/Mrshenshen/RAP, select/selection.py, read at 84cc32a; docs/selectors/rap-released.md.
 */
export function newRapReleased({ tieOrder, options }: Rules): Method {
  return {
    arms: ["image", "text"],
    traits: ["responses"],
    size: "admitted",
    lineUp: (evidence) => {
      const accuracy = (i: number, arm: Arm): number => rewarded(evidence[i]!, arm) / evidence[i]!.m;
      const gap = (i: number): number => accuracy(i, "image") - accuracy(i, "text");
      const places = [...evidence.keys()];
      const mean = (arm: Arm): number => places.reduce((sum, i) => sum + accuracy(i, arm), 0) / places.length;
      const meanImage = mean("image");
      const meanGap = meanImage - mean("text");
      const similarity = (i: number): number => alignToCurve([accuracy(i, "image")], [meanImage]);
      const standings = places.map((i): Standing => {
        const { image, m } = evidence[i]!;
        if (similarity(i) >= LEAST_SIMILARITY && gap(i) > LEAST_GAP) return image.correct === m ? "easy" : "gap";
        const alike = similarity(i) >= options.similarity && (gap(i) > meanGap || gap(i) >= LEAST_GAP);
        return image.correct === 1 && alike ? "hard" : "none";
      });
      const ofStanding = (standing: Standing): number[] => [
        ...tieOrder(
          places.filter((i) => standings[i] === standing),
          (i) => evidence[i]!.sampleId,
          [],
        ),
      ];
      const hard = ofStanding("hard");
      const describe = (i: number): string =>
        `${STANDINGS[standings[i]!]}: similarity ${similarity(i).toFixed(3)}, gap ${gap(i).toFixed(2)}, ` +
        `${evidence[i]!.image.correct} of ${evidence[i]!.m} right with the image`;
      return { places: [...ofStanding("gap"), ...hard.slice(0, Math.floor(hard.length * HARD_SHARE))], describe };
    },
  };
}

const STANDINGS: Readonly<Record<Standing, string>> = {
  gap: "Gap above 0.2",
  easy: "Easy",
  hard: "In the pool of hard ones, of which a tenth is drawn",
  none: "No rule takes it",
};

/** Rollouts of reward 1: right and in the format; right ones where formats were not read. */
function rewarded({ traits, image, text }: Evidence, arm: Arm): number {
  return traits?.formatted?.[arm] ?? { image, text }[arm].correct;
}
