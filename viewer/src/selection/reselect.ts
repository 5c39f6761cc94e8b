import type { DecisionReason, Evidence, Score } from "../../../src/records.ts";
import { newSelector } from "../../../src/selectors/index.ts";
import type { Choice } from "../../../src/selectors/selector.ts";
import { newTieOrder, type TieOrder } from "../../../src/selectors/tie-order.ts";
import { type EvidenceTable, REASONS, RECORDED_SELECTED, toEvidence } from "../../../src/view/evidence-columns.ts";
import type { NamedSelection } from "../../../src/view/protocol.ts";
import { countFunnel, type FunnelCounts } from "./funnel-counts.ts";

/** What the selector would ask for next: its first wave. */
export interface NextWave {
  readonly image: { readonly samples: number; readonly rollouts: number };
  readonly text: { readonly samples: number; readonly rollouts: number };
  readonly attention: { readonly samples: number };
}

/** A selection of the samples on view; lists have one entry per place. */
export interface Selection {
  /** Whether these are the decisions on disk: what the method goes by beside the counts is not here. */
  readonly recorded: boolean;
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

const REASON_NUMBERS = Object.fromEntries(REASONS.map((reason, at) => [reason, at + 1])) as Readonly<
  Record<DecisionReason, number>
>;

/**
 * Selects again and again from one run's evidence, with the selectors of the command line. What
 * does not depend on the thresholds (records of the evidence, hashes of the ids) is kept.
 */
export class Reselector {
  readonly #table: EvidenceTable;
  readonly #attention: boolean;
  readonly #evidence = new Map<string, ReturnType<typeof toEvidence>>();
  readonly #tieOrders = new Map<number, TieOrder>();
  #last: { readonly choice: Choice; readonly places: Uint32Array } | undefined;

  /** `attention`: whether the run has an attention source, without which ACE does not run. */
  constructor(table: EvidenceTable, attention: boolean) {
    this.#table = table;
    this.#attention = attention;
  }

  select({ options, psiName }: NamedSelection): Selection {
    const selector = newSelector(options, this.#tieOrder(options.seed));
    const { evidence, places } = this.#evidenceFor(psiName);
    if (selector.traits.length > 0) return this.#readRecorded(evidence, places);
    const choice = selector.choose(evidence, this.#attention);
    this.#last = { choice, places };
    const logLambdaA = choice.sifted?.logLambdaA ?? Number.NaN;
    return {
      recorded: false,
      ...this.#spread(choice.reasons, choice.selected, places),
      ...this.#planWave(choice, places),
      funnel: countFunnel(evidence, choice),
      logLambdaA: Number.isFinite(logLambdaA) ? logLambdaA : null,
    };
  }

  /** The decision on the sample at `place` in the last selection; `undefined` when it was set aside. */
  explain(place: number): Explanation | undefined {
    if (this.#last === undefined) return undefined;
    const { choice, places } = this.#last;
    const at = places.indexOf(place);
    if (at < 0) return undefined;
    const { explanation, score } = choice.decisionAt(at);
    const other = choice.counterparts.get(at);
    return { text: explanation, score, counterpart: other === undefined ? null : places[other]! };
  }

  /** The decisions on disk, by whichever method. */
  #readRecorded(evidence: readonly Evidence[], places: Uint32Array): Selection {
    this.#last = undefined;
    const { samples, recorded } = this.#table;
    const none = { samples: 0, rollouts: 0 };
    const codes = Array.from(places, (place) => recorded[place]!);
    const reasons = codes.map((code): DecisionReason => REASONS[(code % RECORDED_SELECTED) - 1] ?? "incomplete");
    const selected = new Set([...codes.keys()].filter((at) => codes[at]! >= RECORDED_SELECTED));
    return {
      recorded: true,
      ...this.#spread(reasons, selected, places),
      wanted: new Uint8Array(samples),
      funnel: countFunnel(evidence, { reasons, selected }),
      wave: { image: none, text: none, attention: none },
      logLambdaA: null,
    };
  }

  /** From the evidence's entries to the places of the table. */
  #spread(
    entries: readonly DecisionReason[],
    chosen: ReadonlySet<number>,
    places: Uint32Array,
  ): Pick<Selection, "reasons" | "selected"> {
    const reasons = new Uint8Array(this.#table.samples);
    const selected = new Uint8Array(this.#table.samples);
    for (let at = 0; at < entries.length; at++) reasons[places[at]!] = REASON_NUMBERS[entries[at]!];
    for (const at of chosen) selected[places[at]!] = 1;
    return { reasons, selected };
  }

  #planWave(choice: Choice, places: Uint32Array): Pick<Selection, "wave" | "wanted"> {
    const wanted = new Uint8Array(this.#table.samples);
    const wave = { image: { samples: 0, rollouts: 0 }, text: { samples: 0, rollouts: 0 }, attention: { samples: 0 } };
    for (const { place, what, rollouts } of choice.wants()) {
      wanted[places[place]!] = 1;
      wave[what].samples += 1;
      if (what !== "attention") wave[what].rollouts += rollouts;
    }
    return { wave, wanted };
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
