import { causalDiscrepancy, difficulty } from "../estimators/index.ts";
import { takeFirst } from "../lib/take-first.ts";
import type { Evidence } from "../records.ts";
import type { Replacement } from "./replacement.ts";
import type { Rules } from "./rules.ts";
import type { Want } from "./selector.ts";
import type { Sifted } from "./sift.ts";

/** The selected set before and after its budget; samples are named by their place in the evidence. */
export interface Cut {
  readonly selected: ReadonlySet<number>;
  /** D of the survivors where the cut falls among them and their text arm is not complete. */
  readonly wants: readonly Want[];
}

/**
 * Cuts the set to its budget, or fills it.
 *
 *     S = first B of ( survivors by D, then D_diff, then the hash; replacements; further candidates )
 *
 * Survivors are the kept samples that were not replaced. Without a budget S is the survivors
 * and the replacements. D must be exact only where not all survivors fit in.
 */
export function cutToBudget(
  evidence: readonly Evidence[],
  sifted: Sifted,
  replacement: Replacement,
  rules: Rules,
  budget: number | undefined,
): Cut {
  const replaced = new Set(replacement.pairs.map(({ easy }) => easy));
  const survivors: number[] = [];
  for (const [i, standing] of sifted.standings.entries())
    if (standing === "kept" && !replaced.has(i)) survivors.push(i);
  const replacements = replacement.pairs.map(({ hard }) => hard);
  if (budget === undefined) return { selected: new Set([...survivors, ...replacements]), wants: [] };
  if (survivors.length <= budget) {
    const line = [...survivors, ...replacements, ...replacement.further];
    return { selected: new Set(line.slice(0, budget)), wants: [] };
  }
  const missing = (i: number): number => evidence[i]!.m - evidence[i]!.text.taken;
  const wants = survivors
    .filter((i) => missing(i) > 0)
    .map((place): Want => ({ place, what: "text", rollouts: missing(place) }));
  return { selected: new Set(takeFirst(rankSurvivors(evidence, survivors, rules), budget)), wants };
}

function rankSurvivors(evidence: readonly Evidence[], survivors: readonly number[], rules: Rules): Iterable<number> {
  const arms = (i: number): Evidence => evidence[i]!;
  const gain = (i: number): number => causalDiscrepancy(arms(i).image.correct, arms(i).text.correct, arms(i).m);
  const hardness = (i: number): number => difficulty(arms(i).image.correct, arms(i).m);
  return rules.tieOrder(survivors, (i) => arms(i).sampleId, [gain, hardness]);
}
