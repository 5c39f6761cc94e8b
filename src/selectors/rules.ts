import type { SelectionOptions } from "../config.ts";
import { type GainProbability, newGainProbability } from "../estimators/index.ts";
import { remember } from "../lib/remember.ts";
import type { Evidence } from "../records.ts";
import { type CdeCap, newCdeCap } from "./cde-gate.ts";
import { newTieOrder, type TieOrder } from "./tie-order.ts";

/** A selection's options with what is worked out of them once. */
export interface Rules {
  readonly options: SelectionOptions;
  readonly cdeCap: CdeCap;
  readonly gainProbability: (m: number, minGain: number) => GainProbability;
  readonly tieOrder: TieOrder;
}

/** `tieOrder`: one of the same seed, whose hashes are known already. */
export function newRules(options: SelectionOptions, tieOrder: TieOrder = newTieOrder(options.seed)): Rules {
  const known = new Map<string, GainProbability>();
  const gainProbability: Rules["gainProbability"] = (m, minGain) =>
    remember(known, `${m} ${minGain}`, () => newGainProbability(m, minGain));
  return { options, gainProbability, cdeCap: newCdeCap(options, gainProbability), tieOrder };
}

/** A number of things out of `whole`: the number itself, or the nearest to a share in [0, 1]. */
export function resolveShare(amount: number | { readonly share: number }, whole: number): number {
  return typeof amount === "number" ? amount : Math.round(amount.share * whole);
}

/** The size asked for: a number of samples, or a share of the gradable ones; `undefined` without a budget. */
export function budgetSize(evidence: readonly Evidence[], rules: Rules): number | undefined {
  const { budget } = rules.options;
  if (budget === undefined) return undefined;
  return resolveShare(budget, evidence.filter((one) => one.ungradable === undefined).length);
}
