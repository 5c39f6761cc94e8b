import { randomStream } from "../lib/random-stream.ts";
import type { Arm, ArmCounts, Evidence } from "../records.ts";
import type { Protocol, Selector } from "../selectors/selector.ts";
import type { Pilot, PilotRollout, PilotSample } from "./run-pilot.ts";

/** An estimate with the ends of its 90 % interval (bootstrap over the pilot's samples). */
export interface Range {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** What a run would take. */
export interface ProtocolCost {
  /** Chat completions; each asks for as many rollouts of one prompt as are needed then. */
  readonly requests: Range;
  readonly rollouts: Range;
  /** A prompt counts once a request. */
  readonly promptTokens: Range;
  readonly responseTokens: Range;
  readonly gpuHours: Range;
  /** In the currency of the prices; absent without a price. */
  readonly money?: Range;
}

export interface CostPlan {
  /** Samples that a run would roll out. */
  readonly samples: number;
  readonly lazy: ProtocolCost;
  readonly full: ProtocolCost;
  /** Share of the samples that would be selected, ACE aside. */
  readonly selected: Range;
  /** Epochs of training on everything, after which the lazy selection has paid for itself in sampled tokens. */
  readonly breakEvenEpochs: Range;
  /** Response tokens a second, of all servers together. */
  readonly tokensPerSecond: number;
}

export interface Rates {
  /** Response tokens a second of all servers together. */
  readonly tokensPerSecond: number;
  readonly gpus: number;
  /** Rollouts per sample and epoch in the training that follows. */
  readonly trainRollouts: number;
  /** Per million tokens. */
  readonly promptPrice: number;
  readonly responsePrice: number;
  readonly gpuHourPrice: number;
}

/** Draws of the bootstrap. */
const DRAWS = 2000;

interface Cost {
  requests: number;
  rollouts: number;
  promptTokens: number;
  responseTokens: number;
}

/**
 * The cost of a run from a pilot whose rollouts are all known: the selector is asked as in a run
 * and given what it asks for, in both protocols; means over the pilot's samples are scaled up to
 * the dataset. Break-even: selection tokens ÷ (training tokens an epoch · share left out), with
 * training tokens = samples · rollouts in training · mean response.
 */
export function planCost(pilot: Pilot, selector: Selector, rates: Rates, seed: number): CostPlan {
  const { samples, population } = pilot;
  const lazy = replay(samples, selector, "lazy");
  const full = replay(samples, selector, "full");
  const evidence = samples.map((sample) => toEvidence(sample, { image: Infinity, text: Infinity }));
  const chosen = selector.choose(evidence, false);
  const training = samples.map(
    ({ arms }) => (rates.trainRollouts * sum(arms.image, "responseTokens")) / arms.image.length,
  );
  const draws = drawSamples(samples.length, seed);
  const over = (value: (draw: readonly number[]) => number): Range => toRange(value, draws, samples.length);
  const scaled = (of: (at: number) => number): Range => over((draw) => population * mean(draw, of));

  const describe = (costs: readonly Cost[]): ProtocolCost => {
    const cost = (at: number): Cost => costs[at] as Cost;
    const hours = (at: number): number => (cost(at).responseTokens / rates.tokensPerSecond / 3600) * rates.gpus;
    const money = (at: number): number =>
      (cost(at).promptTokens * rates.promptPrice + cost(at).responseTokens * rates.responsePrice) / 1e6 +
      hours(at) * rates.gpuHourPrice;
    return {
      requests: scaled((at) => cost(at).requests),
      rollouts: scaled((at) => cost(at).rollouts),
      promptTokens: scaled((at) => cost(at).promptTokens),
      responseTokens: scaled((at) => cost(at).responseTokens),
      gpuHours: scaled(hours),
      ...(rates.promptPrice + rates.responsePrice + rates.gpuHourPrice > 0 && { money: scaled(money) }),
    };
  };
  const kept = (at: number): number => (chosen.has(at) ? 1 : 0);
  return {
    samples: population,
    lazy: describe(lazy),
    full: describe(full),
    selected: over((draw) => mean(draw, kept)),
    breakEvenEpochs: over((draw) => {
      const selection = mean(draw, (at) => (lazy[at] as Cost).responseTokens);
      const epoch = mean(draw, (at) => training[at] as number);
      return selection / (epoch * (1 - mean(draw, kept)));
    }),
    tokensPerSecond: rates.tokensPerSecond,
  };
}

/** What each sample costs under a protocol. */
function replay(samples: readonly PilotSample[], selector: Selector, protocol: Protocol): readonly Cost[] {
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
      cost.responseTokens += sum(asked, "responseTokens");
    }
  }
}

function toEvidence(sample: PilotSample, taken: Readonly<Record<Arm, number>>): Evidence {
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

function sum(rollouts: readonly PilotRollout[], key: "promptTokens" | "responseTokens"): number {
  return rollouts.reduce((total, rollout) => total + rollout[key], 0);
}

function drawSamples(size: number, seed: number): readonly (readonly number[])[] {
  const random = randomStream(`${seed}/pilot`);
  return Array.from({ length: DRAWS }, () => Array.from({ length: size }, () => Math.floor(random() * size)));
}

function mean(places: readonly number[], of: (at: number) => number): number {
  return places.reduce((total, at) => total + of(at), 0) / places.length;
}

function toRange(
  value: (draw: readonly number[]) => number,
  draws: readonly (readonly number[])[],
  size: number,
): Range {
  const values = draws.map(value).sort((a, b) => a - b);
  const at = (share: number): number => values[Math.floor(share * (values.length - 1))] as number;
  return { mean: value(Array.from({ length: size }, (_, place) => place)), low: at(0.05), high: at(0.95) };
}
