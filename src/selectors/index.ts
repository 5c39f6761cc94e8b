import type { MethodName, SelectionOptions } from "../config.ts";
import { newFull } from "./methods/full.ts";
import { newLimo } from "./methods/limo.ts";
import { newLimr } from "./methods/limr.ts";
import type { Method } from "./methods/method.ts";
import { newMethodSelector } from "./methods/method-selector.ts";
import { newPassRateBand } from "./methods/pass-rate-band.ts";
import { newPism } from "./methods/pism.ts";
import { newRandom } from "./methods/random.ts";
import { newRapReleased } from "./methods/rap-released.ts";
import { newS1 } from "./methods/s1.ts";
import { newVarianceFirst } from "./methods/variance-first.ts";
import { newWinnow } from "./methods/winnow.ts";
import { newRapSelector } from "./rap.ts";
import { newRules, type Rules } from "./rules.ts";
import type { Selector } from "./selector.ts";
import type { TieOrder } from "./tie-order.ts";

export { describeExtreme, type Funnel, type Gate, summarise } from "./funnel.ts";
export { measureSensitivity, type Sensitivity } from "./sensitivity.ts";
export { estimateStability, type Stability } from "./stability.ts";

/** The methods beside RAP, by name. */
const METHODS: Readonly<Record<Exclude<MethodName, "rap">, (rules: Rules) => Method>> = {
  full: newFull,
  random: newRandom,
  "pass-rate-band": newPassRateBand,
  "variance-first": newVarianceFirst,
  limr: newLimr,
  s1: newS1,
  limo: newLimo,
  "rap-released": newRapReleased,
  pism: newPism,
  winnow: newWinnow,
};

/**
 * The selector that the options describe: RAP, or a method to compare it with (docs/selectors).
 * `tieOrder`: one of the same seed, for many selectors of the same samples.
 */
export function newSelector(options: SelectionOptions, tieOrder?: TieOrder): Selector {
  if (options.method === "rap") return newRapSelector(options, tieOrder);
  const rules = newRules(options, tieOrder);
  return newMethodSelector(METHODS[options.method](rules), rules);
}
