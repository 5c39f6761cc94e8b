import type { SelectionOptions } from "../../config.ts";
import { newSampleScorer } from "../../estimators/index.ts";
import type { Decision, DecisionReason, Evidence } from "../../records.ts";
import { needsOfArm, planFully } from "../plan-evidence.ts";
import { newRapSelector } from "../rap.ts";
import { budgetSize, type Rules, resolveShare } from "../rules.ts";
import type { Need, Protocol, Selector } from "../selector.ts";
import type { Line, Method } from "./method.ts";

/** What becomes of every sample; `line` names samples by their place in the evidence. */
interface MethodOutcome {
  readonly line: Line;
  readonly size: number;
  readonly selected: ReadonlySet<number>;
  /** Samples that can be told apart: gradable, with the method's arms whole. */
  readonly ready: ReadonlySet<number>;
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
  const rap = method.size === "rap" && options.budget === undefined ? newRapSelector(asRap(options)) : undefined;

  const plan = (evidence: readonly Evidence[], protocol: Protocol, attentionAvailable: boolean): readonly Need[] => {
    if (protocol === "full") return planFully(evidence, attentionAvailable);
    const needs = method.arms.flatMap((arm) => needsOfArm(evidence, arm));
    if (needs.length > 0) return needs;
    if (rap !== undefined) return rap.plan(evidence, protocol, attentionAvailable);
    const ready = evidence.filter((one) => isReady(one, method));
    return method.settle?.(ready, sizeOf(method, rules, evidence) ?? ready.length) ?? [];
  };

  const decide = (evidence: readonly Evidence[], attentionAvailable: boolean): MethodOutcome => {
    // By id, so that not even the rounding of a mean depends on the order of rows.
    const places = evidence
      .flatMap((one, i) => (isReady(one, method) ? [i] : []))
      .sort((a, b) => (evidence[a]!.sampleId < evidence[b]!.sampleId ? -1 : 1));
    const ready = places.map((place) => evidence[place]!);
    const line = method.lineUp(ready);
    const sized = sizeOf(method, rules, evidence) ?? rap?.choose(evidence, attentionAvailable).size;
    const size = Math.min(line.places.length, sized ?? Number.POSITIVE_INFINITY);
    const at = new Map(places.map((place, i) => [place, i]));
    return {
      line: { places: line.places.map((i) => places[i]!), describe: (place) => line.describe(at.get(place)!) },
      size,
      selected: new Set(line.places.slice(0, size).map((i) => places[i]!)),
      ready: new Set(places),
    };
  };

  return {
    name: options.method,
    traits: method.traits,
    plan,
    choose: (evidence, attentionAvailable) => decide(evidence, attentionAvailable).selected,
    select: (evidence, attentionAvailable) => {
      const outcome = decide(evidence, attentionAvailable);
      const ranks = new Map(outcome.line.places.map((place, i) => [place, i + 1]));
      return evidence.map(
        (one, place): Decision => ({
          sampleId: one.sampleId,
          selected: outcome.selected.has(place),
          ...judge(one, place, outcome, ranks.get(place)),
          score: scoreSample(one, attentionAvailable),
        }),
      );
    },
  };
}

/** RAP with the same options, to ask how many it would take. */
function asRap({ budget: _, ...options }: SelectionOptions): SelectionOptions {
  return { ...options, method: "rap" };
}

function isReady({ ungradable, m, ...counts }: Evidence, { arms }: Method): boolean {
  return ungradable === undefined && arms.every((arm) => counts[arm].taken === m);
}

function sizeOf({ size }: Method, rules: Rules, evidence: readonly Evidence[]): number | undefined {
  const budget = budgetSize(evidence, rules);
  if (budget !== undefined || typeof size === "string") return budget;
  return resolveShare(size, evidence.filter(({ ungradable }) => ungradable === undefined).length);
}

function judge(
  { ungradable, m, image, text }: Evidence,
  place: number,
  { line, size, selected, ready }: MethodOutcome,
  rank: number | undefined,
): { readonly reason: DecisionReason; readonly explanation: string } {
  if (ungradable !== undefined) {
    return { reason: "ungradable", explanation: `The ground truth cannot be graded: ${ungradable}` };
  }
  if (!ready.has(place)) {
    const taken = `${image.taken} of ${m} rollouts with the image and ${text.taken} without`;
    return { reason: "incomplete", explanation: `Only ${taken} were taken.` };
  }
  const found = line.describe(place);
  if (rank === undefined) return { reason: "not-admitted", explanation: `${found}.` };
  if (selected.has(place)) return { reason: "kept", explanation: `${found}; place ${rank} of ${size}.` };
  return { reason: "over-budget", explanation: `${found}, but place ${rank} is beyond the ${size} that are taken.` };
}
