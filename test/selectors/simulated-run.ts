import fc from "fast-check";
import { resolveSelection, type SelectionInput, type SelectionOptions } from "../../src/config.ts";
import type { Evidence, Traits } from "../../src/records.ts";
import type { Protocol, Selector } from "../../src/selectors/selector.ts";

/** Everything there is to know of a sample, before anybody asked. */
export interface Truth {
  readonly sampleId: string;
  readonly m: number;
  /** Verdicts of the M rollouts of each arm. */
  readonly image: readonly boolean[];
  readonly text: readonly boolean[];
  readonly logPsi: readonly number[];
  readonly options?: number;
  readonly ungradable?: string;
  readonly traits?: Traits;
}

/** A run whose rollouts are known beforehand: gives what is asked for, and counts it. */
export class SimulatedRun {
  readonly truths: readonly Truth[];
  readonly image = new Map<string, number>();
  readonly text = new Map<string, number>();
  readonly attended = new Set<string>();
  waves = 0;

  constructor(truths: readonly Truth[]) {
    this.truths = truths;
  }

  evidence(): Evidence[] {
    return this.truths.map((truth) => ({
      sampleId: truth.sampleId,
      m: truth.m,
      image: count(truth.image, this.image.get(truth.sampleId) ?? 0),
      text: count(truth.text, this.text.get(truth.sampleId) ?? 0),
      ...(truth.options !== undefined && { options: truth.options }),
      ...(truth.ungradable !== undefined && { ungradable: truth.ungradable }),
      ...(truth.traits !== undefined && { traits: truth.traits }),
      ...(this.attended.has(truth.sampleId) && { logPsi: truth.logPsi }),
    }));
  }

  /** Gathers until the selector needs nothing more, or for so many waves. */
  gather(selector: Selector, protocol: Protocol, attentionAvailable: boolean, waves = 1000): this {
    for (; this.waves < waves; this.waves++) {
      const needs = selector.plan(this.evidence(), protocol, attentionAvailable);
      if (needs.length === 0) return this;
      for (const { sampleId, what, rollouts } of needs) {
        if (what === "attention") {
          if (this.attended.has(sampleId)) throw new Error(`${sampleId} was attended twice`);
          this.attended.add(sampleId);
          continue;
        }
        const taken = (this[what].get(sampleId) ?? 0) + rollouts;
        const { m } = this.truths.find((truth) => truth.sampleId === sampleId)!;
        if (rollouts < 1 || taken > m)
          throw new Error(`${sampleId} was asked for ${rollouts} rollouts of the ${what} arm`);
        this[what].set(sampleId, taken);
      }
    }
    return this;
  }
}

function count(verdicts: readonly boolean[], taken: number) {
  return { taken, correct: verdicts.slice(0, taken).filter(Boolean).length, truncated: 0 };
}

/** Evidence of a whole run, for hand-made samples: right answers out of `m` per arm, and ψ. */
export function completeEvidence(
  samples: Readonly<Record<string, readonly [c1: number, c0: number, psi?: number]>>,
  more: Partial<Evidence> = {},
): Evidence[] {
  return Object.entries(samples).map(([sampleId, [c1, c0, psi]]) => ({
    sampleId,
    m: 5,
    image: { taken: more.m ?? 5, correct: c1, truncated: 0 },
    text: { taken: more.m ?? 5, correct: c0, truncated: 0 },
    ...(psi !== undefined && { logPsi: [Math.log(psi)] }),
    ...more,
  }));
}

const seed = 7;

/** Options of all kinds. */
export const selections: fc.Arbitrary<SelectionOptions> = fc
  .record(
    {
      preset: fc.constantFrom("paper" as const, "robust" as const),
      gate: fc.constantFrom("difference" as const, "posterior" as const),
      lambdaC: fc.constantFrom(-1, -0.2, 0, 0.2, 0.3, 0.5, 0.6, 0.8),
      lambdaA: fc.constantFrom<SelectionInput["lambdaA"]>(0, 0.1, 0.5, "q50", "q90", "q0", "q100"),
      replace: fc.constantFrom<SelectionInput["replace"]>("all", 0, 2, "50%"),
      guard: fc.boolean(),
      budget: fc.constantFrom<SelectionInput["budget"]>(1, 3, 8, 100, "10%", "50%"),
      minGain: fc.constantFrom(-0.2, 0, 0.3),
      confidence: fc.constantFrom(0.5, 0.8),
    },
    { requiredKeys: ["preset"] },
  )
  .map((input) => resolveSelection(input as SelectionInput, seed));

/** Data sets of up to 40 samples, some ungradable, some of choices, ids in no order, M the same for all or not. */
export const datasets: fc.Arbitrary<readonly Truth[]> = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.boolean(), fc.nat(40))
  .chain(([m, mixed, size]) =>
    fc.array(
      fc
        .tuple(mixed ? fc.integer({ min: 1, max: 6 }) : fc.constant(m), fc.nat(10), fc.nat(10))
        .chain(([own, p1, p0]) => {
          const arm = (p: number) =>
            fc.array(
              fc.nat(9).map((value) => value < p),
              { minLength: own, maxLength: own },
            );
          return fc.record(
            {
              sampleId: fc.uuid(),
              m: fc.constant(own),
              image: arm(p1),
              text: arm(p0),
              logPsi: fc.array(
                fc.constantFrom(0.001, 0.05, 0.1, 0.3, 0).map((psi) => Math.log(psi)),
                { minLength: own, maxLength: own },
              ),
              options: fc.constantFrom(2, 4),
              ungradable: fc.constant("no answer"),
            },
            { requiredKeys: ["sampleId", "m", "image", "text", "logPsi"] },
          ) as fc.Arbitrary<Truth>;
        }),
      { minLength: size, maxLength: size },
    ),
  )
  .map((truths) => truths.map((truth, i) => (i % 7 === 3 ? truth : withoutUngradable(truth))))
  .map((truths) => [...new Map(truths.map((truth) => [truth.sampleId, truth])).values()]);

function withoutUngradable({ ungradable: _, ...truth }: Truth): Truth {
  return truth;
}
