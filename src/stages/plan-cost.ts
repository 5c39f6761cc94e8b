import { randomStream } from "../lib/random-stream.ts";
import type { Selector } from "../selectors/selector.ts";
import { type Cost, replaySelection, sumTokens, toEvidence } from "./replay-selection.ts";
import type { Pilot } from "./run-pilot.ts";

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

/**
 * The cost of a run from a pilot whose rollouts are all known: the selector is asked as in a run
 * and given what it asks for, in both protocols; means over the pilot's samples are scaled up to
 * the dataset. Break-even: selection tokens ÷ (training tokens an epoch · share left out), with
 * training tokens = samples · rollouts in training · mean response.
 */
export function planCost(pilot: Pilot, selector: Selector, rates: Rates, seed: number): CostPlan {
  const { samples, population } = pilot;
  const lazy = replaySelection(samples, selector, "lazy");
  const full = replaySelection(samples, selector, "full");
  const evidence = samples.map((sample) => toEvidence(sample));
  const chosen = selector.choose(evidence, false).selected;
  const training = samples.map(
    ({ arms }) => (rates.trainRollouts * sumTokens(arms.image, "responseTokens")) / arms.image.length,
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
