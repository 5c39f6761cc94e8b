import type { Arm, ArmCounts, Evidence } from "../records.ts";
import type { Protocol, Selector } from "../selectors/selector.ts";
import type { PilotRollout, PilotSample } from "./run-pilot.ts";

const ALL = { image: Number.POSITIVE_INFINITY, text: Number.POSITIVE_INFINITY };

/** What one sample took. */
export interface Cost {
  requests: number;
  rollouts: number;
  promptTokens: number;
  responseTokens: number;
}

/**
 * What each sample costs when a selector is asked as in a run and given what it asks for, attention
 * aside, out of rollouts that are all known.
 */
export function replaySelection(
  samples: readonly PilotSample[],
  selector: Selector,
  protocol: Protocol,
): readonly Cost[] {
  const taken = samples.map(() => ({ image: 0, text: 0 }));
  const costs: Cost[] = samples.map(() => ({ requests: 0, rollouts: 0, promptTokens: 0, responseTokens: 0 }));
  const places = new Map(samples.map((sample, at) => [sample.sampleId, at]));
  for (;;) {
    const evidence = samples.map((sample, at) => toEvidence(sample, taken[at] as Record<Arm, number>));
    const needs = selector.plan(evidence, protocol, false);
    if (needs.length === 0) return costs;
    for (const { sampleId, what, rollouts } of needs) {
      if (what === "attention") continue;
      const at = places.get(sampleId) as number;
      const counts = taken[at] as Record<Arm, number>;
      const asked = (samples[at] as PilotSample).arms[what].slice(counts[what], counts[what] + rollouts);
      counts[what] += asked.length;
      const cost = costs[at] as Cost;
      cost.requests += 1;
      cost.rollouts += asked.length;
      cost.promptTokens += asked[0]?.promptTokens ?? 0;
      cost.responseTokens += sumTokens(asked, "responseTokens");
    }
  }
}

/** The evidence of a sample of which so many rollouts were taken in either arm; all of them without `taken`. */
export function toEvidence(sample: PilotSample, taken: Readonly<Record<Arm, number>> = ALL): Evidence {
  const { sampleId, options, arms } = sample;
  return {
    sampleId,
    m: arms.image.length,
    image: count(arms.image.slice(0, taken.image)),
    text: count(arms.text.slice(0, taken.text)),
    ...(options !== undefined && { options }),
  };
}

function count(rollouts: readonly PilotRollout[]): ArmCounts {
  return {
    taken: rollouts.length,
    correct: rollouts.filter((rollout) => rollout.verdict === "correct").length,
    truncated: rollouts.filter((rollout) => rollout.truncated).length,
  };
}

/** Tokens of all the rollouts together. */
export function sumTokens(rollouts: readonly PilotRollout[], key: "promptTokens" | "responseTokens"): number {
  return rollouts.reduce((total, rollout) => total + rollout[key], 0);
}
