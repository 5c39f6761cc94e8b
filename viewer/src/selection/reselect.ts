import { newSampleScorer } from "../../../src/estimators/index.ts";
import type { Evidence, Score } from "../../../src/records.ts";
import { choose, type Outcome } from "../../../src/selectors/choose.ts";
import { newExplainer } from "../../../src/selectors/explain.ts";
import { planLazily } from "../../../src/selectors/plan-evidence.ts";
import { newRules, type Rules } from "../../../src/selectors/rules.ts";
import { newTieOrder, type TieOrder } from "../../../src/selectors/tie-order.ts";
import {
  type EvidenceTable,
  REASONS,
  RECORDED_SELECTED,
  SET_ASIDE,
  toEvidence,
} from "../../../src/view/evidence-columns.ts";
import type { NamedSelection } from "../../../src/view/protocol.ts";

/** How many samples came how far. */
export interface FunnelCounts {
  readonly samples: number;
  readonly passedCde: number;
  /** As many as passed CDE where ACE does not run. */
  readonly passedAce: number;
  readonly aceRuns: boolean;
  readonly easy: number;
  readonly easyReplaced: number;
  readonly incomplete: number;
  readonly ungradable: number;
  readonly selected: number;
}

/** What the selector would ask for next: its first wave. */
export interface NextWave {
  readonly image: { readonly samples: number; readonly rollouts: number };
  readonly text: { readonly samples: number; readonly rollouts: number };
  readonly attention: { readonly samples: number };
}

/** A selection of the samples on view; lists have one entry per place. */
export interface Selection {
  /** Index in `REASONS` + 1; 0: set aside. */
  readonly reasons: Uint8Array<ArrayBuffer>;
  readonly selected: Uint8Array<ArrayBuffer>;
  /** 1: the selector still asks for something of this sample. */
  readonly wanted: Uint8Array<ArrayBuffer>;
  readonly funnel: FunnelCounts;
  readonly wave: NextWave;
  /** λ_a in log, its quantile worked out; `null` where ACE rejects nothing. */
  readonly logLambdaA: number | null;
}

/** One decision in words. */
export interface Explanation {
  readonly text: string;
  readonly score: Score;
  /** Place of the sample it changed places with. */
  readonly counterpart: number | null;
}

/**
 * Selects again and again from one run's evidence, with the selectors of the command line. What
 * does not depend on the thresholds (records of the evidence, hashes of the ids) is kept.
 */
export class Reselector {
  readonly #table: EvidenceTable;
  readonly #attention: boolean;
  readonly #evidence = new Map<string, ReturnType<typeof toEvidence>>();
  readonly #tieOrders = new Map<number, TieOrder>();
  #last: { readonly rules: Rules; readonly outcome: Outcome; readonly psiName: string } | undefined;

  /** `attention`: whether the run has an attention source, without which ACE does not run. */
  constructor(table: EvidenceTable, attention: boolean) {
    this.#table = table;
    this.#attention = attention;
  }

  select({ options, psiName }: NamedSelection): Selection {
    if (options.method !== "rap") return this.#readRecorded();
    const { evidence, places } = this.#evidenceFor(psiName);
    const rules = { ...newRules(options), tieOrder: this.#tieOrder(options.seed) };
    const outcome = choose(evidence, rules, this.#attention);
    this.#last = { rules, outcome, psiName };
    const { samples } = this.#table;
    const reasons = new Uint8Array(samples);
    const selected = new Uint8Array(samples);
    const wanted = new Uint8Array(samples);
    for (const [at, reason] of outcome.reasons.entries()) reasons[places[at]!] = REASONS.indexOf(reason) + 1;
    for (const at of outcome.selected) selected[places[at]!] = 1;
    const wave = this.#planWave(evidence, places, rules, wanted);
    const { logLambdaA } = outcome.sifted;
    return {
      reasons,
      selected,
      wanted,
      funnel: countFunnel(evidence, outcome),
      wave,
      logLambdaA: Number.isFinite(logLambdaA) ? logLambdaA : null,
    };
  }

  /** The decisions on disk: what other methods go by beside the counts is not here. */
  #readRecorded(): Selection {
    this.#last = undefined;
    const { samples, recorded, flags } = this.#table;
    const reasons = recorded.map((code) => code % RECORDED_SELECTED);
    const selected = recorded.map((code) => (code >= RECORDED_SELECTED ? 1 : 0));
    const known = flags.reduce((count, flag) => count + (flag & SET_ASIDE ? 0 : 1), 0);
    const none = { samples: 0, rollouts: 0 };
    return {
      reasons,
      selected,
      wanted: new Uint8Array(samples),
      funnel: {
        samples: known,
        passedCde: 0,
        passedAce: 0,
        aceRuns: false,
        easy: 0,
        easyReplaced: 0,
        incomplete: known - reasons.reduce((count, reason) => count + (reason > 0 ? 1 : 0), 0),
        ungradable: 0,
        selected: selected.reduce((count, one) => count + one, 0),
      },
      wave: { image: none, text: none, attention: none },
      logLambdaA: null,
    };
  }

  /** The decision on the sample at `place` in the last selection; `undefined` when it was set aside. */
  explain(place: number): Explanation | undefined {
    if (this.#last === undefined) return undefined;
    const { rules, outcome, psiName } = this.#last;
    const { evidence, places } = this.#evidenceFor(psiName);
    const at = places.indexOf(place);
    const one = evidence[at];
    if (one === undefined) return undefined;
    const score = newSampleScorer(rules.options)(one, this.#attention);
    const other = outcome.counterparts.get(at);
    const name = other === undefined ? undefined : evidence[other]!.sampleId;
    const text = newExplainer(rules, outcome)(one, at, score, name);
    return { text, score, counterpart: other === undefined ? null : places[other]! };
  }

  #planWave(evidence: readonly Evidence[], places: Uint32Array, rules: Rules, wanted: Uint8Array): NextWave {
    const wave = { image: { samples: 0, rollouts: 0 }, text: { samples: 0, rollouts: 0 }, attention: { samples: 0 } };
    const needs = planLazily(evidence, rules, this.#attention);
    if (needs.length === 0) return wave;
    const placeOf = new Map(needs.map(({ sampleId }) => [sampleId, -1]));
    for (const [at, { sampleId }] of evidence.entries()) if (placeOf.has(sampleId)) placeOf.set(sampleId, places[at]!);
    for (const { sampleId, what, rollouts } of needs) {
      wanted[placeOf.get(sampleId)!] = 1;
      wave[what].samples += 1;
      if (what !== "attention") wave[what].rollouts += rollouts;
    }
    return wave;
  }

  #evidenceFor(psiName: string): ReturnType<typeof toEvidence> {
    let known = this.#evidence.get(psiName);
    if (known === undefined) {
      known = toEvidence(this.#table, psiName);
      this.#evidence.clear();
      this.#evidence.set(psiName, known);
    }
    return known;
  }

  #tieOrder(seed: number): TieOrder {
    let known = this.#tieOrders.get(seed);
    if (known === undefined) {
      known = newTieOrder(seed);
      this.#tieOrders.set(seed, known);
    }
    return known;
  }
}

function countFunnel(evidence: readonly Evidence[], { sifted, reasons, selected }: Outcome): FunnelCounts {
  let [passedCde, passedAce, easy, easyReplaced, incomplete, ungradable] = [0, 0, 0, 0, 0, 0];
  for (const [at, standing] of sifted.standings.entries()) {
    if (standing === "kept" || standing === "biased" || standing === "unattended") passedCde += 1;
    if (standing === "kept") {
      passedAce += 1;
      if (evidence[at]!.image.correct === evidence[at]!.m) easy += 1;
    }
    if (reasons[at] === "easy-replaced") easyReplaced += 1;
    if (reasons[at] === "incomplete") incomplete += 1;
    if (standing === "ungradable") ungradable += 1;
  }
  const samples = evidence.length;
  const { aceRuns } = sifted;
  return {
    samples,
    passedCde,
    passedAce,
    aceRuns,
    easy,
    easyReplaced,
    incomplete,
    ungradable,
    selected: selected.size,
  };
}
