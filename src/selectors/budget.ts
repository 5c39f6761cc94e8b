import { causalDiscrepancy, difficulty } from "../estimators/index.ts";
import type { Evidence } from "../records.ts";
import type { Replacement } from "./replacement.ts";
import type { Rules } from "./rules.ts";
import type { Need } from "./selector.ts";
import type { Sifted } from "./sift.ts";

/** The selected set before and after its budget; samples are named by their place in the evidence. */
export interface Cut {
  readonly selected: ReadonlySet<number>;
  /** D of the survivors where the cut falls among them and their text arm is not complete. */
  readonly needs: readonly Need[];
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
  if (budget === undefined) return { selected: new Set([...survivors, ...replacements]), needs: [] };
  if (survivors.length <= budget) {
    const line = [...survivors, ...replacements, ...replacement.further];
    return { selected: new Set(line.slice(0, budget)), needs: [] };
  }
  const needs: Need[] = survivors
    .map((i) => evidence[i]!)
    .filter(({ m, text }) => text.taken < m)
    .map(({ sampleId, m, text }) => ({ sampleId, what: "text", rollouts: m - text.taken }));
  return { selected: new Set(rankSurvivors(evidence, survivors, rules).slice(0, budget)), needs };
}

function rankSurvivors(evidence: readonly Evidence[], survivors: readonly number[], rules: Rules): number[] {
  const arms = (i: number): Evidence => evidence[i]!;
  const gain = (i: number): number => causalDiscrepancy(arms(i).image.correct, arms(i).text.correct, arms(i).m);
  const hardness = (i: number): number => difficulty(arms(i).image.correct, arms(i).m);
  return rules.tieOrder(survivors, (i) => arms(i).sampleId, [gain, hardness]);
}
