import type { SelectionOptions } from "../../config.ts";
import { newSampleScorer } from "../../estimators/index.ts";
import type { Decision, DecisionReason, Evidence } from "../../records.ts";
import { planFully, toNeeds, wantsOfArm } from "../plan-evidence.ts";
import { newRapSelector } from "../rap.ts";
import { budgetSize, type Rules, resolveShare } from "../rules.ts";
import type { Choice, Selector, Want } from "../selector.ts";
import type { Line, Method } from "./method.ts";

/** What becomes of every sample; samples are named by their place in the evidence. */
interface MethodOutcome {
  readonly size: number;
  readonly selected: ReadonlySet<number>;
  /** Samples that can be told apart: gradable, with the method's arms whole. */
  readonly ready: ReadonlySet<number>;
  /** Rank in the line, from 1, of those admitted. */
  readonly ranks: ReadonlyMap<number, number>;
  readonly describe: Line["describe"];
}

/**
 * A method as a selector: gathers its arms, and RAP's own evidence where RAP's size is taken,
 * then selects
 *
 *     S = first B of the line,   B the budget, or the size the method asks for
 */
export function newMethodSelector(method: Method, rules: Rules): Selector {
  const { options } = rules;
  const scoreSample = newSampleScorer(options);
  const rap =
    method.size === "rap" && options.budget === undefined ? newRapSelector(asRap(options), rules.tieOrder) : undefined;

  const plan = (evidence: readonly Evidence[], attentionAvailable: boolean): readonly Want[] => {
    const wants = method.arms.flatMap((arm) => wantsOfArm(evidence, arm));
    if (wants.length > 0) return wants;
    if (rap !== undefined) return rap.choose(evidence, attentionAvailable).wants();
    const places = readyPlaces(evidence, method);
    const ready = places.map((place) => evidence[place]!);
    const found = method.settle?.(ready, sizeOf(method, rules, evidence) ?? ready.length) ?? [];
    return found.map((want) => ({ ...want, place: places[want.place]! }));
  };

  const decide = (evidence: readonly Evidence[], attentionAvailable: boolean): MethodOutcome => {
    // By id, so that not even the rounding of a mean depends on the order of rows.
    const places = readyPlaces(evidence, method).sort((a, b) =>
      evidence[a]!.sampleId < evidence[b]!.sampleId ? -1 : 1,
    );
    const ready = places.map((place) => evidence[place]!);
    const line = method.lineUp(ready);
    const sized = sizeOf(method, rules, evidence) ?? rap?.choose(evidence, attentionAvailable).selected.size;
    const size = Math.min(line.places.length, sized ?? Number.POSITIVE_INFINITY);
    const at = new Map(places.map((place, i) => [place, i]));
    return {
      size,
      selected: new Set(line.places.slice(0, size).map((i) => places[i]!)),
      ready: new Set(places),
      ranks: new Map(line.places.map((i, rank) => [places[i]!, rank + 1])),
      describe: (place) => line.describe(at.get(place)!),
    };
  };

  const choose = (evidence: readonly Evidence[], attentionAvailable: boolean): Choice => {
    const outcome = decide(evidence, attentionAvailable);
    const reasons = evidence.map((one, place) => judge(one, place, outcome));
    return {
      selected: outcome.selected,
      reasons,
      counterparts: new Map(),
      decisionAt: (place): Decision => ({
        sampleId: evidence[place]!.sampleId,
        selected: outcome.selected.has(place),
        reason: reasons[place]!,
        explanation: explain(evidence[place]!, place, reasons[place]!, outcome),
        score: scoreSample(evidence[place]!, attentionAvailable),
      }),
      wants: () => plan(evidence, attentionAvailable),
    };
  };

  return {
    name: options.method,
    traits: method.traits,
    plan: (evidence, protocol, attentionAvailable) =>
      protocol === "full"
        ? planFully(evidence, attentionAvailable)
        : toNeeds(evidence, plan(evidence, attentionAvailable)),
    choose,
    select: (evidence, attentionAvailable) => {
      const { decisionAt } = choose(evidence, attentionAvailable);
      return evidence.map((_, place) => decisionAt(place));
    },
  };
}

/** RAP with the same options, to ask how many it would take. */
function asRap({ budget: _, ...options }: SelectionOptions): SelectionOptions {
  return { ...options, method: "rap" };
}

function readyPlaces(evidence: readonly Evidence[], { arms }: Method): number[] {
  const places: number[] = [];
  for (const [place, one] of evidence.entries())
    if (one.ungradable === undefined && arms.every((arm) => one[arm].taken === one.m)) places.push(place);
  return places;
}

function sizeOf({ size }: Method, rules: Rules, evidence: readonly Evidence[]): number | undefined {
  const budget = budgetSize(evidence, rules);
  if (budget !== undefined || typeof size === "string") return budget;
  return resolveShare(size, evidence.filter(({ ungradable }) => ungradable === undefined).length);
}

function judge({ ungradable }: Evidence, place: number, { selected, ready, ranks }: MethodOutcome): DecisionReason {
  if (ungradable !== undefined) return "ungradable";
  if (!ready.has(place)) return "incomplete";
  if (selected.has(place)) return "kept";
  return ranks.has(place) ? "over-budget" : "not-admitted";
}

function explain(
  { ungradable, m, image, text }: Evidence,
  place: number,
  reason: DecisionReason,
  { describe, ranks, size }: MethodOutcome,
): string {
  if (reason === "ungradable") return `The ground truth cannot be graded: ${ungradable}`;
  if (reason === "incomplete") {
    return `Only ${image.taken} of ${m} rollouts with the image and ${text.taken} without were taken.`;
  }
  const found = describe(place);
  if (reason === "not-admitted") return `${found}.`;
  if (reason === "kept") return `${found}; place ${ranks.get(place)} of ${size}.`;
  return `${found}, but place ${ranks.get(place)} is beyond the ${size} that are taken.`;
}
