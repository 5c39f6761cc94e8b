import { expOfNegative } from "../lib/exp-of-negative.ts";

/** How a token is drawn from a row of logits. */
export interface TokenSampling {
  /** 0 is greedy: the most probable token, the lowest id on a tie. */
  readonly temperature: number;
  /** Nucleus size, in (0, 1]; 1 keeps everything. */
  readonly topP: number;
  /** Keep the k most probable tokens; 0 keeps everything. */
  readonly topK: number;
}

/** Draws a token id: `logits` is one row (vocabulary), `uniform` is in [0, 1). */
export type DrawToken = (logits: Float32Array, uniform: number) => number;

/**
 * A sampler of tokens. Temperature first, then top-k, then top-p, in the order of
 * Hugging Face's logits warpers; the token is where the cumulated probability of the ids,
 * counted upwards, passes `uniform`. Throws a RangeError when a row holds no finite number.
 */
export function newTokenSampler(sampling: TokenSampling): DrawToken {
  if (sampling.temperature === 0) return (logits) => mostProbable(logits);
  const truncates = sampling.topP < 1 || sampling.topK > 0;
  let weights = new Float64Array(0);
  return (logits, uniform) => {
    if (weights.length !== logits.length) weights = new Float64Array(logits.length);
    let total = exponentiate(logits, sampling.temperature, weights);
    if (truncates) total = keepNucleus(weights, total, sampling);
    const target = uniform * total;
    let sum = 0;
    let last = 0;
    for (let id = 0; id < weights.length; id++) {
      const weight = weights[id] as number;
      if (weight === 0) continue;
      sum += weight;
      last = id;
      if (sum > target) return id;
    }
    return last;
  };
}

/** weights[i] = exp((logits[i] − max) / temperature); returns their sum. */
function exponentiate(logits: Float32Array, temperature: number, weights: Float64Array): number {
  let most = -Infinity;
  for (let id = 0; id < logits.length; id++) if ((logits[id] as number) > most) most = logits[id] as number;
  if (!Number.isFinite(most)) throw new RangeError("a row of logits holds no finite number");
  const scale = 1 / temperature;
  let total = 0;
  for (let id = 0; id < logits.length; id++) {
    const weight = expOfNegative(((logits[id] as number) - most) * scale);
    weights[id] = weight;
    total += weight;
  }
  return total;
}

/** Sets what top-k and top-p cut off to 0; returns the sum of what is left. */
function keepNucleus(weights: Float64Array, total: number, { topK, topP }: TokenSampling): number {
  // Tokens below (1 − p) / V of the mass hold less than 1 − p of it together: never in the nucleus.
  const floor = topK > 0 ? 0 : ((1 - topP) / weights.length) * total;
  const candidates: number[] = [];
  for (let id = 0; id < weights.length; id++) if ((weights[id] as number) > floor) candidates.push(id);
  candidates.sort((a, b) => (weights[b] as number) - (weights[a] as number) || a - b);
  if (topK > 0) candidates.length = Math.min(candidates.length, topK);
  const kept = topK > 0 ? candidates.reduce((sum, id) => sum + (weights[id] as number), 0) : total;
  let mass = 0;
  let size = 0;
  while (size < candidates.length && (size === 0 || mass < topP * kept)) {
    mass += weights[candidates[size] as number] as number;
    size++;
  }
  const nucleus = candidates.slice(0, size).map((id) => [id, weights[id] as number] as const);
  weights.fill(0);
  for (const [id, weight] of nucleus) weights[id] = weight;
  return mass;
}

function mostProbable(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if ((logits[id] as number) > (logits[best] as number)) best = id;
  if (!Number.isFinite(logits[best])) throw new RangeError("a row of logits holds no finite number");
  return best;
}
